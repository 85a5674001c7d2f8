// The system's libcrypto: its digests.
#pragma once

#include <openssl/evp.h>
