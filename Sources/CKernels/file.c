#include <errno.h>
#include <unistd.h>

#include "jk.h"

static void read_piece(jk_file_piece *piece) {
  char *to = piece->to;
  size_t done = 0;
  piece->error = 0;
  while (done < piece->size) {
    ssize_t count = pread(piece->file, to + done, piece->size - done, piece->offset + done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      piece->error = count < 0 ? errno : -1;
      return;
    }
    done += (size_t)count;
  }
  piece->crc = jk_crc32c(0, to, piece->size);
}

static void read_range(void *context, size_t begin, size_t end) {
  for (jk_file_piece *pieces = context; begin < end; begin++) read_piece(pieces + begin);
}

void jk_read_pieces(jk_file_piece *pieces, size_t count) {
  jk_parallel_chunks(count, 1, 16, read_range, pieces);
}
