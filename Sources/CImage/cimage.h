// The two image libraries as one C module: TurboJPEG for JPEG (it keeps libjpeg's setjmp to itself) and
// libspng for PNG (which reports errors as codes).
#pragma once

#include <spng.h>
#include <turbojpeg.h>
