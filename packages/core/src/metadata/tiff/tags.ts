// Tags of TIFF 6.0 and EXIF 3.0 that mean something to this code.

export const INTEROPERABILITY_INDEX = 0x0001;
export const NEW_SUBFILE_TYPE = 0x00fe;
export const SUBFILE_TYPE = 0x00ff;
export const IMAGE_WIDTH = 0x0100;
export const IMAGE_LENGTH = 0x0101;
export const BITS_PER_SAMPLE = 0x0102;
export const COMPRESSION = 0x0103;
export const PHOTOMETRIC = 0x0106;
export const STRIP_OFFSETS = 0x0111;
export const ORIENTATION = 0x0112;
export const SAMPLES_PER_PIXEL = 0x0115;
export const ROWS_PER_STRIP = 0x0116;
export const STRIP_BYTE_COUNTS = 0x0117;
export const X_RESOLUTION = 0x011a;
export const Y_RESOLUTION = 0x011b;
export const PLANAR_CONFIGURATION = 0x011c;
export const RESOLUTION_UNIT = 0x0128;
export const TILE_WIDTH = 0x0142;
export const TILE_LENGTH = 0x0143;
export const TILE_OFFSETS = 0x0144;
export const TILE_BYTE_COUNTS = 0x0145;
export const SUB_DIRECTORIES = 0x014a;
export const EXTRA_SAMPLES = 0x0152;
export const SAMPLE_FORMAT = 0x0153;
export const JPEG_INTERCHANGE_FORMAT = 0x0201;
export const JPEG_INTERCHANGE_FORMAT_LENGTH = 0x0202;
export const YCBCR_POSITIONING = 0x0213;
export const XMP = 0x02bc;
export const IPTC = 0x83bb;
export const PHOTOSHOP_RESOURCES = 0x8649;
export const EXIF_DIRECTORY = 0x8769;
export const ICC_PROFILE = 0x8773;
export const GPS_DIRECTORY = 0x8825;
export const MAKER_NOTE = 0x927c;
export const USER_COMMENT = 0x9286;
export const COLOR_SPACE = 0xa001;
export const PIXEL_X_DIMENSION = 0xa002;
export const PIXEL_Y_DIMENSION = 0xa003;
export const INTEROPERABILITY_DIRECTORY = 0xa005;
export const GAMMA = 0xa500;

/** Tags whose value is where other directories lie. */
export const DIRECTORY_POINTERS: ReadonlySet<number> = new Set([
  SUB_DIRECTORIES,
  EXIF_DIRECTORY,
  GPS_DIRECTORY,
  INTEROPERABILITY_DIRECTORY,
]);
