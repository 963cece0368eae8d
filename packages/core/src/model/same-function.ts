import { toBinary } from "@bufbuild/protobuf";
import { AttributeProtoSchema, type GraphProto, type NodeProto, type TensorProto } from "onnx-buf";

/**
 * Whether two graphs compute their outputs from inputs and constants by the same operations; how
 * their values are called and the order of independent nodes do not matter. Constants that both
 * graphs store under the name of a parameter are taken as equal without a look at their elements.
 */
export function computeTheSame(
  first: GraphProto,
  second: GraphProto,
  parameters: { has(name: string): boolean },
): boolean {
  const numbers = new Map<string, number>();
  const [a, b] = [first, second].map((graph) => outputNumbers(graph, parameters, numbers));
  return a !== undefined && b !== undefined && a.join() === b.join();
}

/**
 * The name and number of each output. Values get the same number if they come about in the same way.
 *
 * @param numbers of what is known already, by a description of how it comes about; extended
 */
function outputNumbers(
  graph: GraphProto,
  parameters: { has(name: string): boolean },
  numbers: Map<string, number>,
): string[] | undefined {
  const numberOf = (description: string) => {
    const number = numbers.get(description) ?? numbers.size;
    numbers.set(description, number);
    return number;
  };
  const values = new Map<string, number>([["", -1]]);
  for (const { name } of graph.input) values.set(name, numberOf(`input ${name}`));
  for (const tensor of graph.initializer) {
    const isParameter = parameters.has(tensor.name);
    values.set(
      tensor.name,
      numberOf(isParameter ? `parameter ${tensor.name}` : `constant ${elements(tensor)}`),
    );
  }
  for (const node of graph.node) {
    const inputs = node.input.map((name) => values.get(name));
    if (inputs.includes(undefined)) return undefined; // not in topological order
    const made = `${node.domain} ${node.opType} ${attributes(node)} ${inputs.join()}`;
    for (const [index, name] of node.output.entries()) {
      values.set(name, numberOf(`${made} ${index}`));
    }
  }
  return graph.output.map(({ name }) => `${name}: ${values.get(name)}`);
}

function attributes({ attribute }: NodeProto): string {
  return attribute
    .map((each) => toBinary(AttributeProtoSchema, each).join())
    .sort()
    .join(";");
}

function elements({ dataType, dims, rawData }: TensorProto): string {
  return `${dataType} [${dims.join()}] ${rawData.join()}`;
}
