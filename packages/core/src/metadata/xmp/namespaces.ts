// Namespaces of XMP with their usual prefixes (ISO 16684-1, XMP specification part 2, IPTC Photo
// Metadata Standard 2025.1).

export const NAMESPACES = {
  x: "adobe:ns:meta/",
  rdf: "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
  xml: "http://www.w3.org/XML/1998/namespace",
  dc: "http://purl.org/dc/elements/1.1/",
  xmp: "http://ns.adobe.com/xap/1.0/",
  xmpMM: "http://ns.adobe.com/xap/1.0/mm/",
  xmpNote: "http://ns.adobe.com/xmp/note/",
  stRef: "http://ns.adobe.com/xap/1.0/sType/ResourceRef#",
  tiff: "http://ns.adobe.com/tiff/1.0/",
  exif: "http://ns.adobe.com/exif/1.0/",
  photoshop: "http://ns.adobe.com/photoshop/1.0/",
  Iptc4xmpCore: "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
  Iptc4xmpExt: "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
} as const;

/** A property by its prefix and name: `dc:title`. */
export type PropertyName = `${keyof typeof NAMESPACES}:${string}`;

/** @returns namespace and local name */
export function expandedName(name: PropertyName): [namespace: string, local: string] {
  const [prefix, local] = name.split(":") as [keyof typeof NAMESPACES, string];
  return [NAMESPACES[prefix], local];
}
