// The image libraries as one C module: TurboJPEG for JPEG (it keeps libjpeg's setjmp to itself), libspng for PNG
// (which reports errors as codes), and the zlib that libspng comes with, for image files in gzip.
#pragma once

#include <spng.h>
#include <turbojpeg.h>
#include <zlib.h>
