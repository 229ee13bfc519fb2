#pragma once
#include <openssl/evp.h>

/// EVP_Digest with SHA-256: `digest` takes 32 bytes. Returns 1 on success.
static inline int remora_sha256(const void *bytes, size_t count, unsigned char *digest) {
    return EVP_Digest(bytes, count, digest, NULL, EVP_sha256(), NULL);
}
