// Strings.
#pragma once

// The 64-bit fingerprint of FarmHash, which is the same for ever and on every machine: what
// TensorFlow's fast hash buckets go by.
uint64_t jk_fingerprint64(const void *_Nullable data, size_t size);
