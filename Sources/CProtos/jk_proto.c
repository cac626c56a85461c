#include "jk_proto.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct block {
  struct block *next;
  size_t used, size;
} block;

struct jk_arena {
  block *blocks;
};

enum { HEADER = (sizeof(block) + 15) & ~15, BLOCK = 1 << 18 };

jk_arena *jk_arena_new(void) { return calloc(1, sizeof(jk_arena)); }

void jk_arena_free(jk_arena *arena) {
  if (!arena) return;
  for (block *b = arena->blocks; b;) {
    block *next = b->next;
    free(b);
    b = next;
  }
  free(arena);
}

static void *arena_take(jk_arena *arena, size_t size) {
  if (size > SIZE_MAX / 2) return NULL;
  size = (size + 15) & ~(size_t)15;
  block *b = arena->blocks;
  if (!b || b->size - b->used < size) {
    int large = size > BLOCK / 4;
    size_t room = HEADER + (large ? size : BLOCK);
    block *fresh = malloc(room);
    if (!fresh) return NULL;
    fresh->used = HEADER;
    fresh->size = room;
    if (large && b) {  // Behind the current block, which still has room.
      fresh->next = b->next;
      b->next = fresh;
    } else {
      fresh->next = b;
      arena->blocks = fresh;
    }
    b = fresh;
  }
  void *memory = (char *)b + b->used;
  b->used += size;
  return memory;
}

void *jk_arena_alloc(jk_arena *arena, size_t size) {
  void *memory = arena_take(arena, size);
  if (memory) memset(memory, 0, size);
  return memory;
}

static void *proto_alloc(void *arena, size_t size) { return arena_take(arena, size); }
static void proto_free(void *arena, void *memory) {
  (void)arena;
  (void)memory;
}

void *jk_proto_unpack(const ProtobufCMessageDescriptor *schema, const uint8_t *data, size_t size,
                      jk_arena *arena) {
  ProtobufCAllocator allocator = {proto_alloc, proto_free, arena};
  return protobuf_c_message_unpack(schema, &allocator, size, data);
}

void *jk_proto_new(const ProtobufCMessageDescriptor *schema, jk_arena *arena) {
  void *message = jk_arena_alloc(arena, schema->sizeof_message);
  if (message) protobuf_c_message_init(schema, message);
  return message;
}

// TensorFlow's own reader stops at the same depth.
enum { MAX_DEPTH = 100 };

typedef struct {
  const ProtobufCMessageDescriptor *schema;
  const uint8_t *end;
  uint64_t seen;  // The singular message fields and oneof members so far, by index.
} frame;

typedef struct {
  const uint8_t *start, *at;
  char *error;
  size_t error_size;
} cursor;

__attribute__((format(printf, 2, 3))) static int fail(const cursor *c, const char *format, ...) {
  char text[200];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  snprintf(c->error, c->error_size, "%s at byte %zu", text, (size_t)(c->at - c->start));
  return -1;
}

// A varint of at most `most` bytes. Returns 0 when it is cut short or too long.
static int varint(const uint8_t **at, const uint8_t *end, int most, uint64_t *value) {
  uint64_t v = 0;
  for (int i = 0; i < most && *at < end; i++) {
    uint8_t byte = *(*at)++;
    v |= (uint64_t)(byte & 127) << (7 * i);
    if (byte < 128) {
      *value = v;
      return 1;
    }
  }
  return 0;
}

enum { VARINT = 0, FIXED64 = 1, LENGTH = 2, FIXED32 = 5 };

static int wire_type(ProtobufCType type) {
  switch (type) {
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FLOAT: return FIXED32;
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_DOUBLE: return FIXED64;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE: return LENGTH;
    default: return VARINT;
  }
}

static int check_packed(cursor *c, const ProtobufCFieldDescriptor *field, const uint8_t *end) {
  int wire = wire_type(field->type);
  size_t size = (size_t)(end - c->at);
  if (wire == VARINT) {
    uint64_t ignored;
    while (c->at < end)
      if (!varint(&c->at, end, 10, &ignored))
        return fail(c, "a broken number in the list %s", field->name);
  } else if (size % (wire == FIXED32 ? 4 : 8) != 0) {
    return fail(c, "the list %s of %zu bytes does not hold whole elements", field->name, size);
  }
  c->at = end;
  return 0;
}

// Whether a second value of that field, or of its oneof, would have to be merged into the first.
static int repeats(frame *f, const ProtobufCFieldDescriptor *field) {
  const ProtobufCMessageDescriptor *schema = f->schema;
  size_t index = (size_t)(field - schema->fields);
  if (index >= 64) return 0;
  uint64_t group = 0;
  if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
    for (unsigned i = 0; i < schema->n_fields && i < 64; i++)
      if ((schema->fields[i].flags & PROTOBUF_C_FIELD_FLAG_ONEOF) &&
          schema->fields[i].quantifier_offset == field->quantifier_offset)
        group |= 1ull << i;
  } else if (field->label != PROTOBUF_C_LABEL_REPEATED && field->type == PROTOBUF_C_TYPE_MESSAGE) {
    group = 1ull << index;
  }
  int again = (f->seen & group) != 0;
  f->seen |= (1ull << index) & group;
  return again;
}

int jk_proto_check(const ProtobufCMessageDescriptor *schema, const uint8_t *data, size_t size,
                   size_t memory_limit, char *error, size_t error_size) {
  // What protobuf-c needs for one scanned member, with the doubling of its lists.
  const size_t per_field = 96;
  frame stack[MAX_DEPTH];
  int depth = 0;
  cursor c = {data, data, error, error_size};
  if (size >= (1ull << 31)) return fail(&c, "%zu bytes: a message has at most 2 GiB", size);
  size_t memory = schema->sizeof_message;
  stack[0] = (frame){schema, data + size, 0};
  while (depth >= 0) {
    frame *f = &stack[depth];
    if (c.at == f->end) {
      depth--;
      continue;
    }
    uint64_t tag, value;
    if (!varint(&c.at, f->end, 5, &tag) || tag > UINT32_MAX || tag >> 3 == 0)
      return fail(&c, "a broken field number in %s", f->schema->name);
    int wire = tag & 7;
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(f->schema, (unsigned)(tag >> 3));
    const char *name = field ? field->name : "an unknown field";
    memory += per_field;
    if (memory > memory_limit)
      return fail(&c, "more than the %zu bytes that it may take in memory", memory_limit);
    if (field && wire != wire_type(field->type) &&
        !(wire == LENGTH && field->label == PROTOBUF_C_LABEL_REPEATED))
      return fail(&c, "%s of %s has wire type %d", name, f->schema->name, wire);
    if (field && repeats(f, field)) return fail(&c, "%s of %s comes twice", name, f->schema->name);
    switch (wire) {
      case VARINT:
        if (!varint(&c.at, f->end, 10, &value))
          return fail(&c, "a broken number in %s of %s", name, f->schema->name);
        break;
      case FIXED32:
      case FIXED64: {
        size_t width = wire == FIXED32 ? 4 : 8;
        if ((size_t)(f->end - c.at) < width)
          return fail(&c, "%s of %s is cut short", name, f->schema->name);
        c.at += width;
        break;
      }
      case LENGTH: {
        if (!varint(&c.at, f->end, 5, &value) || value > (uint64_t)(f->end - c.at))
          return fail(&c, "%s of %s is cut short", name, f->schema->name);
        const uint8_t *end = c.at + value;
        if (field && field->type == PROTOBUF_C_TYPE_MESSAGE) {
          const ProtobufCMessageDescriptor *inner = field->descriptor;
          memory += inner->sizeof_message;
          if (depth + 1 == MAX_DEPTH)
            return fail(&c, "%s of %s is nested more than %d levels deep", name, f->schema->name,
                        MAX_DEPTH);
          stack[++depth] = (frame){inner, end, 0};
        } else if (field && wire_type(field->type) != LENGTH) {
          memory += (end - c.at) * (wire_type(field->type) == VARINT ? 8 : 1);
          if (check_packed(&c, field, end) != 0) return -1;
        } else {
          memory += end - c.at;
          c.at = end;
        }
        break;
      }
      default: return fail(&c, "%s of %s has wire type %d", name, f->schema->name, wire);
    }
  }
  return 0;
}
