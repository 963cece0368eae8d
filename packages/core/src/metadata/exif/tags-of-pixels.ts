// Tags that say how the pixels of a TIFF file lie and what its numbers mean, not what the picture is
// about: those of an output come from its encoder. All others travel, also those nobody knows.

const PIXEL_TAGS: ReadonlySet<number> = new Set([
  // NewSubfileType, SubfileType, size, BitsPerSample, Compression, PhotometricInterpretation
  0xfe, 0xff, 0x100, 0x101, 0x102, 0x103, 0x106,
  // Thresholding, CellWidth, CellLength, FillOrder
  0x107, 0x108, 0x109, 0x10a,
  // StripOffsets, SamplesPerPixel, RowsPerStrip, StripByteCounts, Min/MaxSampleValue, PlanarConfiguration
  0x111,
  0x115, 0x116, 0x117, 0x118, 0x119, 0x11c,
  // FreeOffsets, FreeByteCounts, GrayResponseUnit, GrayResponseCurve, T4Options, T6Options
  0x120, 0x121, 0x122, 0x123, 0x124, 0x125,
  // TransferFunction, Predictor, WhitePoint, PrimaryChromaticities, ColorMap, HalftoneHints, tiles
  0x12d, 0x13d, 0x13e, 0x13f, 0x140, 0x141, 0x142, 0x143, 0x144, 0x145,
  // BadFaxLines, CleanFaxData, ConsecutiveBadFaxLines, SubIFDs
  0x146, 0x147, 0x148, 0x14a,
  // InkSet, InkNames, NumberOfInks, DotRange, TargetPrinter, ExtraSamples, SampleFormat, SMin, SMax
  0x14c, 0x14d, 0x14e, 0x150, 0x151, 0x152, 0x153, 0x154, 0x155,
  // TransferRange, ClipPath and its units, Indexed, JPEGTables, GlobalParametersIFD and its like
  0x156, 0x157, 0x158, 0x159, 0x15a, 0x15b, 0x190, 0x191, 0x192, 0x193, 0x194, 0x195, 0x1b1, 0x1b2,
  0x1b3,
  // old JPEG compression
  0x200, 0x201, 0x202, 0x203, 0x205, 0x206, 0x207, 0x208, 0x209,
  // YCbCrCoefficients, YCbCrSubSampling, YCbCrPositioning, ReferenceBlackWhite, StripRowCounts
  0x211, 0x212, 0x213, 0x214, 0x22f,
  // colour filter array, ICC profile, ImageLayer, ImageSourceData (Photoshop's layers)
  0x828d, 0x828e, 0x8773, 0x87ac, 0x935c,
  // Matteing and its like of early SGI files, GDAL's value for no data
  0x80e3, 0x80e4, 0x80e5, 0x80e6, 0xa481,
]);

/** DNG 1.7: profiles, raw data and how to develop it. */
const FIRST_DNG_TAG = 0xc612;
const LAST_DNG_TAG = 0xcdff;

/** ImageJ's two tags lie among those of DNG. */
const IMAGEJ_TAGS: ReadonlySet<number> = new Set([0xc696, 0xc697]);

/** Photoshop's layers: pixels in grey, too, which cannot go along. */
export const PHOTOSHOP_LAYERS = 0x935c;

/** Whether a tag of a main directory is about the pixels of that file. */
export function isAboutPixels(tag: number): boolean {
  const isDng = tag >= FIRST_DNG_TAG && tag <= LAST_DNG_TAG && !IMAGEJ_TAGS.has(tag);
  return PIXEL_TAGS.has(tag) || isDng;
}
