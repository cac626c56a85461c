#pragma once
#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

/// Memory that is given back all at once.
typedef struct jk_arena jk_arena;

jk_arena *jk_arena_new(void);
void jk_arena_free(jk_arena *arena);
/// 16-byte aligned memory, zeroed; NULL when the system has no more.
void *jk_arena_alloc(jk_arena *arena, size_t size);

/// Checks that `data` is a well-formed message of that schema: lengths, varints, wire types,
/// nesting, and that its parts fit into `memory_limit` bytes once unpacked. protobuf-c recurses and
/// allocates as its input says, so this comes first. Returns 0, or -1 with what is wrong in
/// `error`.
int jk_proto_check(const ProtobufCMessageDescriptor *schema, const uint8_t *data, size_t size,
                   size_t memory_limit, char *error, size_t error_size);

/// Unpacks what jk_proto_check has passed; the message lives as long as the arena. NULL when
/// protobuf-c refuses.
void *jk_proto_unpack(const ProtobufCMessageDescriptor *schema, const uint8_t *data, size_t size,
                      jk_arena *arena);

/// A zeroed message of that schema with its defaults.
void *jk_proto_new(const ProtobufCMessageDescriptor *schema, jk_arena *arena);
