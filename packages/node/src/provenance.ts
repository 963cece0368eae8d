import type { Provenance } from "@let-there-be-color/core/metadata";
import type { ModelMetadata } from "@let-there-be-color/core/model";
import { PACKAGE_VERSION } from "./package-version.js";

/** What a picture says of its colours: version of this package, network and training of the model. */
export function provenanceOf({ properties }: ModelMetadata): Provenance {
  const network = stringIn(properties["ltbc.network"], "name");
  const step = stringIn(properties["ltbc.training"], "step");
  const model = network ? `model ${network}` : "a model of another make";
  return { systemVersion: [PACKAGE_VERSION, model, ...(step ? [`step ${step}`] : [])].join(", ") };
}

/** A text or number in an object in JSON; undefined if there is none. */
function stringIn(json: string | undefined, key: string): string | undefined {
  try {
    const value = (JSON.parse(json ?? "{}") as Record<string, unknown>)[key];
    return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
  } catch {
    return undefined; // a property of somebody else's model
  }
}
