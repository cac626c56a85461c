#pragma once
#include "attr_value.pb-c.h"
#include "graph.pb-c.h"
#include "meta_graph.pb-c.h"
#include "op_def.pb-c.h"
#include "tensor.pb-c.h"

// The addresses of the schemas: Swift can't take the address of a C constant.
#define JK_SCHEMA(name)                                                    \
  static inline const ProtobufCMessageDescriptor *jk_schema_##name(void) { \
    return &tensorflow__##name##__descriptor;                              \
  }

JK_SCHEMA(version_def)
JK_SCHEMA(node_def)
JK_SCHEMA(attr_entry)
JK_SCHEMA(attr_value)
JK_SCHEMA(attr_value__list_value)
JK_SCHEMA(name_attr_list)
JK_SCHEMA(tensor_proto)
JK_SCHEMA(tensor_shape_proto)
JK_SCHEMA(tensor_shape_proto__dim)
JK_SCHEMA(function_def)
JK_SCHEMA(function_def__arg_attrs)
JK_SCHEMA(function_def__arg_attr_entry)
JK_SCHEMA(function_def__string_entry)
JK_SCHEMA(gradient_def)
JK_SCHEMA(function_def_library)
JK_SCHEMA(graph_def)
JK_SCHEMA(op_def)
JK_SCHEMA(op_def__arg_def)
JK_SCHEMA(op_def__attr_def)
JK_SCHEMA(meta_graph_def)
JK_SCHEMA(saved_model)

#undef JK_SCHEMA
