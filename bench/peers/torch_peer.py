"""PyTorch as a peer: reads requests from stdin, a JSON document a line, and answers on stdout.

Usage: torch_peer.py cpu|cuda [tf32]. What is asked and answered is in protocol.ts; torch_network.py has
networks and numbers.
"""
import functools
import json
import os
import resource
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

sys.dont_write_bytecode = True
from torch_network import Network, hashed, numbers, picked, put

SEEDS = {"x": 1, "weight": 2, "dOut": 3}


class Conv:
    """One pass of a convolution on hashed numbers in PyTorch's own layout."""

    def __init__(self, task, device):
        g = task["geometry"]
        self.options = dict(stride=g["stride"], padding=g["padding"], dilation=g["dilation"], groups=g["groups"])
        weight = (g["kh"], g["kw"], g["c"] // g["groups"], g["o"])
        self.x = put(hashed(SEEDS["x"], (g["n"], g["h"], g["w"], g["c"])), (0, 3, 1, 2), device)
        self.weight = put(hashed(SEEDS["weight"], weight), (3, 2, 0, 1), device)
        self.d_out = put(hashed(SEEDS["dOut"], (g["n"], g["ho"], g["wo"], g["o"])), (0, 3, 1, 2), device)
        self.mode = task["pass"]
        self.indices = torch.tensor(task["indices"], dtype=torch.long)
        pointwise = g["kh"] == g["kw"] == g["stride"] == 1 and g["padding"] == 0
        self.matrix = pointwise and g["w"] == 1

    def run(self):
        if self.matrix:
            return self.product()
        if self.mode == "forward":
            with torch.no_grad():
                return F.conv2d(self.x, self.weight, **self.options)
        o = self.options
        mask = [self.mode == "input", self.mode == "weight", False]
        pair = lambda v: [v, v]
        dx, dw, _ = torch.ops.aten.convolution_backward(
            self.d_out, self.x, self.weight, None, pair(o["stride"]), pair(o["padding"]), pair(o["dilation"]),
            False, [0, 0], o["groups"], mask)
        return dx if self.mode == "input" else dw

    def product(self):
        """A convolution of one column of pixels is a product of matrices: a fully connected layer."""
        x, w, d = self.x[:, :, :, 0], self.weight[:, :, 0, 0], self.d_out[:, :, :, 0]
        if self.mode == "forward":
            return torch.matmul(w, x)[..., None]
        if self.mode == "input":
            return torch.matmul(w.t(), d)[..., None]
        return torch.einsum("nop,ncp->oc", d, x)[..., None, None]

    def sample(self):
        order = (2, 3, 1, 0) if self.mode == "weight" else (0, 2, 3, 1)
        return self.run().permute(order).reshape(-1)[self.indices.to(self.x.device)].tolist()


def torchvision_name(name):
    """Ours below `backbone.` under torchvision's names."""
    name = name.replace("backbone.", "", 1).replace("body.stem.", "body.")
    for kind, blocks in (("inner", "inner_blocks"), ("layer", "layer_blocks")):
        for level in range(4):
            name = name.replace(f"fpn.fpn_{kind}{level + 1}.", f"fpn.{blocks}.{level}.0.")
    return name


class Step:
    """Inference or a training step of torchvision's Faster R-CNN, R-50-FPN with frozen batch norm.

    Its body is made the original's: strides in the first 1x1 convolutions, no epsilon in batch norms.
    """

    def __init__(self, task, device):
        import torchvision
        from torchvision.models.detection import FasterRCNN
        from torchvision.models.detection.backbone_utils import resnet_fpn_backbone

        torch.manual_seed(0)
        h, w, n = task["height"], task["width"], task["images"]
        self.training = task["training"]
        # Without weights torchvision's own constructor takes batch norms that train.
        frozen = functools.partial(torchvision.ops.FrozenBatchNorm2d, eps=0.0)
        backbone = resnet_fpn_backbone(
            backbone_name="resnet50", weights=None, norm_layer=frozen, trainable_layers=3)
        self.model = FasterRCNN(backbone, num_classes=81, min_size=min(h, w), max_size=max(h, w))
        self.model.to(device).train(self.training)
        body = self.model.backbone.body
        for block in (body.layer2[0], body.layer3[0], body.layer4[0]):
            block.conv1.stride, block.conv2.stride = (2, 2), (1, 1)
        self.features = self.check(task["check"], device)
        self.images = [torch.from_numpy(hashed(1 + i, (3, h, w))).to(device) + 0.5 for i in range(n)]
        boxes = torch.tensor([[0.1 * w, 0.1 * h, 0.4 * w, 0.5 * h], [0.5 * w, 0.4 * h, 0.9 * w, 0.9 * h]])
        target = {"boxes": boxes.to(device), "labels": torch.tensor([1, 2], device=device)}
        self.targets = [target] * n
        parameters = [p for p in self.model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.SGD(parameters, lr=1e-6, momentum=0.9, weight_decay=1e-4)

    def check(self, check, device):
        """Features with the numbers that are asked for, which the model then loses again."""
        backbone = self.model.backbone
        before = {name: tensor.clone() for name, tensor in backbone.state_dict().items()}
        given = {torchvision_name(leaf["name"]): leaf for leaf in check["leaves"]}
        order = lambda leaf: (3, 2, 0, 1) if len(leaf["shape"]) == 4 else (0,)
        backbone.load_state_dict({n: put(numbers(leaf), order(leaf), device) for n, leaf in given.items()})
        with torch.no_grad():
            maps = backbone(put(numbers(check["images"]), (0, 3, 1, 2), device)).values()
        values = picked(maps, check["indices"])
        backbone.load_state_dict(before)
        return values

    def run(self):
        if not self.training:
            with torch.no_grad():
                return self.model(self.images)
        losses = self.model(self.images, self.targets)
        self.optimizer.zero_grad(set_to_none=True)
        sum(losses.values()).backward()
        self.optimizer.step()
        return losses

    def sample(self):
        self.run()
        return self.features


class Op:
    """Operators of the detector by torch and torchvision."""

    def __init__(self, task, device):
        self.device, self.sizes = device, task["sizes"]
        self.run = getattr(self, task["op"])()

    def tensor(self, seed, *shape):
        return torch.from_numpy(hashed(seed, shape)).to(self.device)

    def boxes(self, seed, count, extent):
        u = (self.tensor(seed, count, 4) + 0.5) * extent
        return torch.stack([u[:, 0] * 0.8, u[:, 1] * 0.8, u[:, 0] * 0.8 + u[:, 2] * 0.2 + 1, u[:, 1] * 0.8 + u[:, 3] * 0.2 + 1], 1)

    def roi_align(self):
        from torchvision.ops import roi_align
        s = self.sizes
        x = self.tensor(1, 1, s["channels"], s["extent"], s["extent"])
        boxes = self.boxes(2, s["rois"], s["extent"] / s["scale"])
        return lambda: roi_align(x, [boxes], 7, s["scale"], 2)

    def roi_align_with_gradient(self):
        from torchvision.ops import roi_align
        s = self.sizes
        x = self.tensor(1, 1, s["channels"], s["extent"], s["extent"]).requires_grad_()
        boxes = self.boxes(2, s["rois"], s["extent"] / s["scale"])
        return lambda: torch.autograd.grad(roi_align(x, [boxes], 7, s["scale"], 2).sum(), x)

    def deform_conv2d(self):
        from torchvision.ops import deform_conv2d
        s = self.sizes
        x, weight = self.tensor(1, 1, s["c"], s["h"], s["w"]), self.tensor(3, s["o"], s["c"], 3, 3)
        offset, mask = self.tensor(2, 1, 18, s["h"], s["w"]), self.tensor(2, 1, 9, s["h"], s["w"])
        return lambda: deform_conv2d(x, offset, weight, padding=1, mask=torch.sigmoid(mask))

    def nms(self):
        from torchvision.ops import nms
        s = self.sizes
        boxes, scores = self.boxes(2, s["boxes"], s["extent"]), self.tensor(3, s["boxes"])
        return lambda: nms(boxes, scores, 0.7)

    def top_k(self):
        s = self.sizes
        scores = self.tensor(3, s["scores"])
        return lambda: torch.topk(scores, s["k"])

    def match_boxes(self):
        from torchvision.ops import box_iou
        s = self.sizes
        anchors, truths = self.boxes(2, s["anchors"], s["extent"]), self.boxes(3, s["truths"], s["extent"])
        return lambda: box_iou(truths, anchors).max(0)

    def sgd(self):
        s = self.sizes
        p = torch.nn.Parameter(self.tensor(1, s["parameters"]))
        p.grad = self.tensor(2, s["parameters"])
        return torch.optim.SGD([p], lr=1e-3, momentum=0.9, weight_decay=1e-4).step

    def sample(self):
        self.run()
        return []


TASKS = {"conv": Conv, "network": Network, "step": Step, "op": Op}


def wait(device):
    if device == "cuda":
        torch.cuda.synchronize()


def memory(device):
    if device == "cuda":
        return torch.cuda.max_memory_allocated()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main():
    device, precision = sys.argv[1], sys.argv[2:]
    if device == "cuda" and not torch.cuda.is_available():
        print("@" + json.dumps({"error": "PyTorch sees no CUDA device"}), flush=True)
        return
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = "tf32" in precision
    # Its own default may be one thread, while BLAS takes all.
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    prepared = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["request"] == "hello":
                answer = {"version": f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads"}
            elif request["request"] == "prepare":
                prepared = None
                prepared = TASKS[request["task"]["task"]](request["task"], device)
                answer = {"sample": prepared.sample()}
                wait(device)
            else:
                start = time.perf_counter()
                for _ in range(request["times"]):
                    prepared.run()
                wait(device)
                ms = 1000 * (time.perf_counter() - start) / request["times"]
                answer = {"ms": ms, "rss": memory(device)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}".split("\n")[0]}
        print("@" + json.dumps(answer), flush=True)


main()
