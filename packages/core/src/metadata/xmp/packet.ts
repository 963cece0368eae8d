import { DOMParser, type Document, type Element, XMLSerializer } from "@xmldom/xmldom";
import { DamagedMetadata } from "../byte-reader.js";
import { expandedName, NAMESPACES, type PropertyName } from "./namespaces.js";

/** Packets beyond this are not real: the longest ones hold a depth map of some megabytes. */
const LARGEST_PACKET = 64 * 2 ** 20;

/** More declarations than this are not real, either, and each element is checked against them. */
const MOST_DECLARATIONS = 10_000;

const EMPTY = `<x:xmpmeta xmlns:x="${NAMESPACES.x}"><rdf:RDF xmlns:rdf="${NAMESPACES.rdf}"><rdf:Description rdf:about=""/></rdf:RDF></x:xmpmeta>`;

/** How the items of a list property are to be understood (ISO 16684-1, 7.7). */
export type ListKind = "Bag" | "Seq" | "Alt";

/**
 * An XMP packet that can be read and added to. Properties are found in both of their forms, as
 * elements and as attributes; what is not touched stays.
 */
export class XmpPacket {
  readonly #document: Document;
  readonly #descriptions: readonly Element[];

  /** @throws DamagedMetadata if it is no well-formed RDF in XML */
  constructor(packet: string = EMPTY) {
    this.#document = parse(packet);
    this.#descriptions = descriptionsOf(this.#document);
  }

  /** The whole as a packet with its wrapper (ISO 16684-1, 7.3.2). */
  toString(): string {
    const root = new XMLSerializer().serializeToString(this.#document.documentElement!);
    return `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>\n${root}\n<?xpacket end="w"?>`;
  }

  has(name: PropertyName): boolean {
    return this.#attribute(name) !== undefined || this.#element(name) !== undefined;
  }

  /** The value of a simple property, or the first item of a list. */
  text(name: PropertyName): string | undefined {
    const attribute = this.#attribute(name)?.value;
    return attribute ?? this.#element(name)?.textContent?.trim();
  }

  remove(name: PropertyName): void {
    const [namespace, local] = expandedName(name);
    for (const description of this.#descriptions) {
      description.removeAttributeNS(namespace, local);
      for (const element of childrenOf(description, namespace, local)) {
        description.removeChild(element);
      }
    }
  }

  /** Sets a simple property, in place of any it has. */
  setText(name: PropertyName, value: string): void {
    this.remove(name);
    this.#append(this.#home(), name, value);
  }

  /** Sets a simple property where there is one. */
  replaceText(name: PropertyName, value: string): boolean {
    if (!this.has(name) || this.text(name) === value) return false;
    this.setText(name, value);
    return true;
  }

  /** Sets a list, in place of any it has; the items of an `Alt` are for any language. */
  setList(name: PropertyName, kind: ListKind, items: readonly string[]): void {
    this.remove(name);
    const list = this.#append(this.#append(this.#home(), name), `rdf:${kind}`);
    for (const item of items) {
      const element = this.#append(list, "rdf:li", item);
      if (kind === "Alt") element.setAttributeNS(NAMESPACES.xml, "xml:lang", "x-default");
    }
  }

  /** Sets a property whose value is a structure of simple fields. */
  setStructure(name: PropertyName, fields: ReadonlyMap<PropertyName, string>): void {
    this.remove(name);
    this.#fill(this.#append(this.#home(), name), fields);
  }

  /** Adds a structure of simple fields to a list of such. */
  addStructure(
    name: PropertyName,
    kind: ListKind,
    fields: ReadonlyMap<PropertyName, string>,
  ): void {
    const property = this.#element(name) ?? this.#append(this.#home(), name);
    const [namespace, local] = expandedName(`rdf:${kind}`);
    const list = childrenOf(property, namespace, local)[0] ?? this.#append(property, `rdf:${kind}`);
    this.#fill(this.#append(list, "rdf:li"), fields);
  }

  /** Takes over all properties of another packet that this one lacks. */
  merge(other: XmpPacket): void {
    for (const description of other.#descriptions) {
      for (const attribute of propertyAttributes(description)) {
        if (this.#find(attribute.namespaceURI!, attribute.localName!)) continue;
        this.#home().setAttributeNS(attribute.namespaceURI, attribute.name, attribute.value);
      }
      for (const element of elementsOf(description)) {
        if (this.#find(element.namespaceURI ?? "", element.localName ?? "")) continue;
        this.#home().appendChild(this.#document.importNode(element, true));
      }
    }
  }

  /** The sizes of all properties, as they are written, largest first. */
  propertySizes(): { namespace: string; local: string; size: number }[] {
    const serializer = new XMLSerializer();
    const sizes = this.#descriptions.flatMap((description) => [
      ...propertyAttributes(description).map((attribute) => ({
        namespace: attribute.namespaceURI!,
        local: attribute.localName!,
        size: attribute.value.length,
      })),
      ...elementsOf(description).map((element) => ({
        namespace: element.namespaceURI ?? "",
        local: element.localName ?? "",
        size: serializer.serializeToString(element).length,
      })),
    ]);
    return sizes.sort((a, b) => b.size - a.size);
  }

  /** Takes the properties out for which `isWanted` is true, into a packet of their own. */
  split(isWanted: (namespace: string, local: string) => boolean): XmpPacket {
    const taken = new XmpPacket();
    for (const description of this.#descriptions) {
      for (const attribute of propertyAttributes(description)) {
        if (!isWanted(attribute.namespaceURI!, attribute.localName!)) continue;
        taken.#home().setAttributeNS(attribute.namespaceURI, attribute.name, attribute.value);
        description.removeAttributeNS(attribute.namespaceURI!, attribute.localName!);
      }
      for (const element of elementsOf(description)) {
        if (!isWanted(element.namespaceURI ?? "", element.localName ?? "")) continue;
        taken.#home().appendChild(taken.#document.importNode(element, true));
        description.removeChild(element);
      }
    }
    return taken;
  }

  #home(): Element {
    return this.#descriptions[0]!;
  }

  #attribute(name: PropertyName) {
    const [namespace, local] = expandedName(name);
    for (const description of this.#descriptions) {
      const attribute = description.getAttributeNodeNS(namespace, local);
      if (attribute) return attribute;
    }
    return undefined;
  }

  #element(name: PropertyName): Element | undefined {
    const [namespace, local] = expandedName(name);
    for (const description of this.#descriptions) {
      const [element] = childrenOf(description, namespace, local);
      if (element) return element;
    }
    return undefined;
  }

  #find(namespace: string, local: string): boolean {
    return this.#descriptions.some(
      (description) =>
        description.hasAttributeNS(namespace, local) ||
        childrenOf(description, namespace, local).length > 0,
    );
  }

  #append(parent: Element, name: PropertyName, text?: string): Element {
    const [namespace] = expandedName(name);
    const element = this.#document.createElementNS(namespace, name);
    if (text !== undefined) element.appendChild(this.#document.createTextNode(writable(text)));
    parent.appendChild(element);
    return element;
  }

  #fill(element: Element, fields: ReadonlyMap<PropertyName, string>): void {
    element.setAttributeNS(NAMESPACES.rdf, "rdf:parseType", "Resource");
    for (const [name, value] of fields) this.#append(element, name, value);
  }
}

function parse(packet: string): Document {
  const start = packet.search(/<(\w+:)?(xmpmeta|xapmeta|RDF)[\s>]/);
  const end = packet.lastIndexOf("<?xpacket end");
  if (start < 0 || packet.length > LARGEST_PACKET) throw new DamagedMetadata("no XMP");
  if (packet.split("xmlns", MOST_DECLARATIONS + 2).length > MOST_DECLARATIONS + 1) {
    throw new DamagedMetadata("too many namespaces");
  }
  const xml = packet.slice(start, end > start ? end : undefined).trim();
  try {
    const parser = new DOMParser({
      onError: (level, message) => {
        if (level !== "warning") throw new DamagedMetadata(message);
      },
    });
    return parser.parseFromString(xml, "application/xml");
  } catch (error) {
    // The parser has errors of its own; too deep a nesting ends in a RangeError.
    throw new DamagedMetadata(error instanceof Error ? error.message : "no XML");
  }
}

/** The descriptions of a packet; an empty one gets its first. */
function descriptionsOf(document: Document): Element[] {
  const rdf = document.getElementsByTagNameNS(NAMESPACES.rdf, "RDF")[0];
  if (!rdf) throw new DamagedMetadata("no rdf:RDF");
  const descriptions = childrenOf(rdf, NAMESPACES.rdf, "Description");
  if (descriptions.length > 0) return descriptions;
  const first = document.createElementNS(NAMESPACES.rdf, "rdf:Description");
  first.setAttributeNS(NAMESPACES.rdf, "rdf:about", "");
  rdf.appendChild(first);
  return [first];
}

function elementsOf(parent: Element): Element[] {
  const elements: Element[] = [];
  for (let node = parent.firstChild; node; node = node.nextSibling) {
    if (node.nodeType === 1) elements.push(node as Element);
  }
  return elements;
}

function childrenOf(parent: Element, namespace: string, local: string): Element[] {
  return elementsOf(parent).filter(
    (element) => element.namespaceURI === namespace && element.localName === local,
  );
}

/** Attributes that are properties: neither RDF's own nor declarations. */
function propertyAttributes(description: Element) {
  return Array.from(description.attributes).filter(
    ({ namespaceURI }) =>
      namespaceURI !== null &&
      namespaceURI !== NAMESPACES.rdf &&
      namespaceURI !== NAMESPACES.xml &&
      namespaceURI !== "http://www.w3.org/2000/xmlns/",
  );
}

/** Text without the characters that XML 1.0 does not have. */
function writable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, "");
}
