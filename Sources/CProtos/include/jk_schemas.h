#pragma once
#include "attr_value.pb-c.h"
#include "checkpoint.pb-c.h"
#include "graph.pb-c.h"
#include "meta_graph.pb-c.h"
#include "op_def.pb-c.h"
#include "saved_object_graph.pb-c.h"
#include "struct.pb-c.h"
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
JK_SCHEMA(meta_graph_def__meta_info_def)
JK_SCHEMA(meta_graph_def__collection_def_entry)
JK_SCHEMA(meta_graph_def__signature_def_entry)
JK_SCHEMA(meta_graph_def__meta_info_def__function_aliases_entry)
JK_SCHEMA(any_message)
JK_SCHEMA(saver_def)
JK_SCHEMA(collection_def)
JK_SCHEMA(collection_def__node_list)
JK_SCHEMA(collection_def__bytes_list)
JK_SCHEMA(collection_def__int64_list)
JK_SCHEMA(collection_def__float_list)
JK_SCHEMA(collection_def__any_list)
JK_SCHEMA(tensor_info)
JK_SCHEMA(tensor_info__coo_sparse)
JK_SCHEMA(tensor_info__composite_tensor)
JK_SCHEMA(signature_def)
JK_SCHEMA(signature_def__tensor_info_entry)
JK_SCHEMA(signature_def__defaults_entry)
JK_SCHEMA(asset_file_def)
JK_SCHEMA(op_list)
JK_SCHEMA(saved_object_graph)
JK_SCHEMA(type_spec_proto)
JK_SCHEMA(checkpoint_state)
JK_SCHEMA(tensor_slice_proto)
JK_SCHEMA(tensor_slice_proto__extent)
JK_SCHEMA(saved_slice_meta)
JK_SCHEMA(saved_tensor_slice_meta)
JK_SCHEMA(saved_slice)
JK_SCHEMA(saved_tensor_slices)
JK_SCHEMA(trackable_object_graph)
JK_SCHEMA(trackable_object)
JK_SCHEMA(trackable_object__serialized_tensor)
JK_SCHEMA(object_reference)
JK_SCHEMA(slot_variable_reference)

#undef JK_SCHEMA
