/** The little of TensorFlow.js that the bench uses: its own types would have to be installed for everybody. */

/** A tensor. */
export interface TfTensor {
  readonly shape: readonly number[];
  data(): Promise<Float32Array | Int32Array | Uint8Array>;
  dispose(): void;
}

/** The module `@tensorflow/tfjs-core`. */
export interface Tfjs {
  readonly version_core: string;
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  tensor4d(values: Float32Array, shape: readonly number[]): TfTensor;
  tensor1d(values: readonly number[], dtype: "int32"): TfTensor;
  conv2d(
    x: TfTensor,
    filter: TfTensor,
    strides: number,
    pad: number,
    format: "NHWC",
    dilations: number,
  ): TfTensor;
  reshape(x: TfTensor, shape: readonly number[]): TfTensor;
  gather(x: TfTensor, indices: TfTensor): TfTensor;
  slice(x: TfTensor, begin: number, size: number): TfTensor;
  tensor(values: Float32Array, shape: readonly number[]): TfTensor;
  add(a: TfTensor, b: TfTensor | number): TfTensor;
  sub(a: TfTensor, b: TfTensor): TfTensor;
  mul(a: TfTensor, b: TfTensor): TfTensor;
  rsqrt(x: TfTensor): TfTensor;
  relu(x: TfTensor): TfTensor;
  maxPool(x: TfTensor, kernel: number, stride: number, padding: number): TfTensor;
  batchNorm(
    x: TfTensor,
    mean: TfTensor,
    variance: TfTensor,
    offset: TfTensor,
    scale: TfTensor,
    epsilon: number,
  ): TfTensor;
  moments(
    x: TfTensor,
    axes: readonly number[],
    keepDims: boolean,
  ): { readonly mean: TfTensor; readonly variance: TfTensor };
  readonly image: {
    resizeNearestNeighbor(x: TfTensor, size: readonly [number, number]): TfTensor;
  };
  tidy<R extends TfTensor | TfTensor[]>(body: () => R): R;
  engine(): {
    runKernel(
      name: string,
      inputs: Readonly<Record<string, TfTensor>>,
      attributes: Readonly<Record<string, unknown>>,
    ): TfTensor;
  };
}

/** The module `@tensorflow/tfjs-backend-wasm`. */
export interface TfjsWasm {
  setWasmPaths(folder: string): void;
}
