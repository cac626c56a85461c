// Checksums, and reading files by several threads.
#pragma once

// The CRC-32C of `size` bytes that follow those with checksum `crc`; 0 for none before.
uint32_t jk_crc32c(uint32_t crc, const void *_Nullable data, size_t size);

// The checksum of two pieces that follow each other, from those of each and the size of the second.
uint32_t jk_crc32c_combine(uint32_t first, uint32_t second, size_t second_size);

// A part of an open file that is read into memory.
typedef struct {
  int file;
  int64_t offset;
  void *_Nullable to;
  size_t size;
  // Takes the CRC-32C of what was read.
  uint32_t crc;
  // Takes errno of a read that failed, or -1 where the file ended before; else 0.
  int error;
} jk_file_piece;

// Reads the pieces, several at once. Returns early when the run is to end: see jk_stopped.
void jk_read_pieces(jk_file_piece *_Nonnull pieces, size_t count);
