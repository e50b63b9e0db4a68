"""A network of protocol.ts in PyTorch, and the numbers that all sides make for themselves."""
import numpy as np
import torch
import torch.nn.functional as F


def hashed(seed, shape):
    """The twin of inputs.ts."""
    size = int(np.prod(shape))
    with np.errstate(over="ignore"):
        base = np.uint32((seed * 0x9E3779B9) & 0xFFFFFFFF)
        h = (np.arange(size, dtype=np.uint32) ^ base) * np.uint32(0x9E3779B1)
        h = (h ^ (h >> np.uint32(15))) * np.uint32(0x85EBCA77)
        h ^= h >> np.uint32(13)
    return ((h >> np.uint32(8)).astype(np.float32) / np.float32(2**24) - np.float32(0.5)).reshape(shape)


def numbers(leaf, shape=None):
    values = leaf["offset"] + leaf["scale"] * hashed(leaf["seed"], leaf["shape"]).astype(np.float64)
    return values.astype(np.float32).reshape(shape or leaf["shape"])


def put(array, order, device):
    return torch.from_numpy(np.ascontiguousarray(array.transpose(order))).to(device)


def picked(maps, indices):
    """Each map's numbers at indices, counted in our layout."""
    pick = lambda m, i: m.permute(0, 2, 3, 1).reshape(-1)[torch.tensor(i, dtype=torch.long, device=m.device)]
    return torch.cat([pick(m, i) for m, i in zip(maps, indices)]).tolist()


class Network:
    """Its forward pass or, in training, that with the gradients of the outputs' squares and a step of SGD."""

    def __init__(self, task, device):
        self.task = task
        self.kept = {*task["outputs"], *task["sampled"]}
        self.tensors = {leaf["id"]: self.leaf(leaf, device) for leaf in task["leaves"]}
        trained = [self.tensors[leaf["id"]] for leaf in task["leaves"] if leaf["isTrained"]]
        if task["training"]:
            for tensor in trained:
                tensor.requires_grad_()
            self.optimizer = torch.optim.SGD(trained, lr=1e-9, momentum=0.9, weight_decay=1e-4)

    def leaf(self, leaf, device):
        for node in self.task["nodes"]:
            if node["op"] == "conv" and node["weight"] == leaf["id"]:
                g = node["geometry"]
                return put(numbers(leaf, (g["kh"], g["kw"], g["c"] // g["groups"], g["o"])), (3, 2, 0, 1), device)
        values = numbers(leaf)
        return put(values, (0, 3, 1, 2), device) if values.ndim == 4 else torch.from_numpy(values).to(device)

    def forward(self):
        t = dict(self.tensors)
        last = {i: n["out"] for n in self.task["nodes"] for i in (n["x"], n.get("residual"), n.get("lateral"))}
        for node in self.task["nodes"]:
            t[node["out"]] = self.node(node, t)
            for used in (node["x"], node.get("residual"), node.get("lateral")):
                # As in a module's forward function, what is read no more is not held.
                if last.get(used) == node["out"] and used not in self.tensors and used not in self.kept:
                    t.pop(used, None)
        return t

    def node(self, node, t):
        op, x = node["op"], t[node["x"]]
        if op == "max_pool":
            return F.max_pool2d(x, node["kernel"], node["stride"], node["padding"])
        if op == "upsample_add":
            lateral = t[node["lateral"]]
            return lateral + F.interpolate(x, size=lateral.shape[-2:], mode="nearest")
        if op == "conv":
            g = node["geometry"]
            bias = None if node["bias"] is None else t[node["bias"]]
            if g["n"] == g["w"] == g["kh"] == g["kw"] == 1:
                # One column of pixels: a fully connected layer.
                out = F.linear(x[0, :, :, 0].t(), t[node["weight"]][:, :, 0, 0], bias).t()[None, :, :, None]
                return F.relu(out) if node["relu"] else out
            out = F.conv2d(x, t[node["weight"]], bias, g["stride"], g["padding"], g["dilation"], g["groups"])
        else:
            vectors = [t[v] for v in node["vectors"]]
            if op == "frozen_norm":
                weight, bias, mean, variance = vectors
                out = F.batch_norm(x, mean, variance, weight, bias, False, 0.0, 0.0)
            else:
                out = F.group_norm(x, node["groups"], *vectors, node["epsilon"])
            if node["residual"] is not None:
                out = out + t[node["residual"]]
        return F.relu_(out) if node["relu"] else out

    def run(self):
        if not self.task["training"]:
            with torch.no_grad():
                return self.forward()
        tensors = self.forward()
        self.optimizer.zero_grad(set_to_none=True)
        sum(tensors[out].square().mean() for out in self.task["outputs"]).backward()
        self.optimizer.step()

    def sample(self):
        with torch.no_grad():
            tensors = self.forward()
            values = picked([tensors[i] for i in self.task["sampled"]], self.task["indices"])
        self.run()
        return values
