extension SymbolTable {
  /// The symbols of TF-1 that something else replaces, or that are missing and why.
  ///
  /// `script/symbols` writes them.
  static let elsewhere = """
    - Keras is of TF-2 style, and not here yet
      keras.Model:3 keras.layers.Conv2D:4 keras.layers.Dense:48 keras.layers:4 keras:3
      optimizers.Adam:14 optimizers.SGD:9
    - Python types have no counterpart: Swift types have the tensors'
      types types.experimental types.experimental.FunctionType types.experimental.TensorLike
    - a function that no surveyed program uses
      AttrValue COMPILER_VERSION CXX11_ABI_FLAG CXX_VERSION ConditionalAccumulator
      ConditionalAccumulatorBase CriticalSection DeviceSpec Event GIT_VERSION GRAPH_DEF_VERSION
      GRAPH_DEF_VERSION_MIN_CONSUMER GRAPH_DEF_VERSION_MIN_PRODUCER HistogramProto
      IndexedSlicesSpec LMDBReader LogMessage MONOLITHIC_BUILD MetaGraphDef Module NameAttrList
      NoGradient NodeDef NoneTensorSpec NotDifferentiable OpError OptionalSpec QUANTIZED_DTYPES
      QueueBase RaggedTensor RaggedTensorSpec ReaderBase SessionLog SparseConditionalAccumulator
      SparseFeature SparseTensorSpec SummaryMetadata TensorArraySpec TensorInfo TypeSpec
      VariableAggregation VariableSynchronization approx_top_k arg_max arg_min argsort
      assert_integer assert_near assert_proper_iterable assert_rank_in assert_same_float_dtype
      assert_scalar assert_type batch_gather batch_scatter_update batch_to_space_nd bincount
      broadcast_static_shape check_pinned cholesky cholesky_solve clip_by_average_norm
      confusion_matrix conv conv2d_backprop_filter_v2 conv2d_backprop_input_v2
      convert_to_tensor_or_indexed_slices convert_to_tensor_or_sparse_tensor
      create_partitioned_variables cross delete_session_tensor dequantize deserialize_many_sparse
      dimension_at_index dimension_value div_no_nan executing_eagerly_outside_functions
      extract_image_patches extract_volume_patches fake_quant_with_min_max_args
      fake_quant_with_min_max_args_gradient fake_quant_with_min_max_vars
      fake_quant_with_min_max_vars_gradient fake_quant_with_min_max_vars_per_channel
      fake_quant_with_min_max_vars_per_channel_gradient fft fft2d fft3d fftnd
      fixed_size_partitioner floor_div get_collection_ref get_logger get_seed get_session_handle
      get_session_tensor get_static_value grad_pass_through guarantee_const hessians
      histogram_fixed_width_bins ifft ifft2d ifft3d ifftnd initialize_all_tables
      initialize_local_variables initialize_variables invert_permutation irfftnd is_non_decreasing
      is_numeric_tensor is_strictly_increasing is_symbolic_tensor is_tensor lbeta lin_space
      make_template matrix_solve_ls matrix_square_root matrix_transpose matrix_triangular_solve
      min_max_variable_partitioner no_gradient nondifferentiable_batch_function op_scope
      parallel_stack qr quantize quantize_v2 quantized_concat ragged_fill_empty_rows
      ragged_fill_empty_rows_grad random_index_shuffle random_poisson recompute_grad repeat
      required_space_to_batch_paddings reverse_v2 rfftnd scalar_mul scatter_max scatter_min
      scatter_nd_sub self_adjoint_eig self_adjoint_eigvals serialize_many_sparse serialize_sparse
      setdiff1d sort space_to_batch sparse_add sparse_concat sparse_fill_empty_rows sparse_mask
      sparse_matmul sparse_maximum sparse_merge sparse_minimum sparse_reduce_max
      sparse_reduce_max_sparse sparse_reduce_sum sparse_reduce_sum_sparse sparse_reorder
      sparse_reset_shape sparse_reshape sparse_retain sparse_segment_mean sparse_segment_sqrt_n
      sparse_segment_sum sparse_slice sparse_softmax sparse_split sparse_tensor_to_dense
      sparse_to_dense sparse_to_indicator sparse_transpose svd tensor_scatter_add
      tensor_scatter_sub tensor_scatter_update timestamp to_bfloat16 to_complex128 to_complex64
      trace type_spec_from_value unravel_index unsorted_segment_mean unsorted_segment_prod
      unsorted_segment_sqrt_n variable_axis_size_partitioner variable_creator_scope
      variable_op_scope vectorized_map verify_tensor_all_finite where_v2
    - a program runs on one machine
      distribute train.ClusterDef train.JobDef train.ServerDef train.SyncReplicasOptimizer:4
    - a symbol of tf.debugging that no surveyed program uses
      debugging.Assert debugging.assert_all_finite debugging.assert_equal debugging.assert_greater
      debugging.assert_greater_equal debugging.assert_integer debugging.assert_less
      debugging.assert_less_equal debugging.assert_near debugging.assert_negative
      debugging.assert_non_negative debugging.assert_non_positive debugging.assert_none_equal
      debugging.assert_positive debugging.assert_proper_iterable debugging.assert_rank
      debugging.assert_rank_at_least debugging.assert_rank_in debugging.assert_same_float_dtype
      debugging.assert_scalar debugging.assert_shapes debugging.assert_type
      debugging.disable_check_numerics debugging.disable_traceback_filtering
      debugging.enable_check_numerics debugging.enable_traceback_filtering debugging.experimental
      debugging.experimental.disable_dump_debug_info debugging.experimental.enable_dump_debug_info
      debugging.get_log_device_placement debugging.is_finite debugging.is_inf debugging.is_nan
      debugging.is_non_decreasing debugging.is_numeric_tensor debugging.is_strictly_increasing
      debugging.is_traceback_filtering_enabled debugging.set_log_device_placement
    - a symbol of tf.image that no surveyed program uses
      image.adjust_gamma image.adjust_jpeg_quality image.decode_jxl image.decode_webp
      image.extract_glimpse image.extract_image_patches image.extract_patches
      image.generate_bounding_box_proposals image.image_gradients
      image.non_max_suppression_overlaps image.non_max_suppression_padded
      image.non_max_suppression_with_scores image.random_crop image.random_jpeg_quality
      image.resize_image_with_pad image.rgb_to_yiq image.rgb_to_yuv image.rot90 image.sobel_edges
      image.ssim image.ssim_multiscale image.transpose image.yiq_to_rgb image.yuv_to_rgb
    - a symbol of tf.initializers that no surveyed program uses
      initializers.constant initializers.identity initializers.local_variables
      initializers.orthogonal initializers.random_normal initializers.random_uniform
      initializers.tables_initializer initializers.truncated_normal
      initializers.uniform_unit_scaling initializers.variables initializers.variance_scaling
    - a symbol of tf.io that no surveyed program uses
      io.PaddingFIFOQueue io.PriorityQueue io.QueueBase io.RandomShuffleQueue io.SparseFeature
      io.TFRecordCompressionType io.decode_and_crop_jpeg io.decode_bmp io.decode_gif
      io.decode_image io.decode_jpeg io.decode_jxl io.decode_png io.decode_webp
      io.deserialize_many_sparse io.encode_jpeg io.encode_png io.extract_jpeg_shape io.is_jpeg
      io.match_filenames_once io.serialize_many_sparse io.serialize_sparse io.tf_record_iterator
      io.write_graph
    - a symbol of tf.linalg that no surveyed program uses
      linalg.LinearOperator linalg.LinearOperatorAdjoint linalg.LinearOperatorBlockDiag
      linalg.LinearOperatorBlockLowerTriangular linalg.LinearOperatorCirculant
      linalg.LinearOperatorCirculant2D linalg.LinearOperatorCirculant3D
      linalg.LinearOperatorComposition linalg.LinearOperatorDiag linalg.LinearOperatorFullMatrix
      linalg.LinearOperatorHouseholder linalg.LinearOperatorIdentity
      linalg.LinearOperatorInversion linalg.LinearOperatorKronecker
      linalg.LinearOperatorLowRankUpdate linalg.LinearOperatorLowerTriangular
      linalg.LinearOperatorPermutation linalg.LinearOperatorScaledIdentity
      linalg.LinearOperatorToeplitz linalg.LinearOperatorTridiag linalg.LinearOperatorZeros
      linalg.cholesky_solve linalg.cross linalg.eigh_tridiagonal linalg.einsum linalg.experimental
      linalg.experimental.conjugate_gradient linalg.eye linalg.global_norm linalg.l2_normalize
      linalg.logdet linalg.lu_matrix_inverse linalg.lu_reconstruct linalg.lu_solve
      linalg.matrix_rank linalg.matrix_transpose linalg.norm linalg.normalize linalg.pinv
      linalg.tensordot linalg.trace linalg.transpose linalg.tridiagonal_matmul
      linalg.tridiagonal_solve
    - a symbol of tf.lookup that no surveyed program uses
      lookup.StaticVocabularyTable lookup.TextFileIndex lookup.TextFileInitializer
    - a symbol of tf.math that no surveyed program uses
      math.approx_max_k math.approx_min_k math.bincount math.confusion_matrix
      math.invert_permutation math.is_non_decreasing math.is_strictly_increasing math.l2_normalize
      math.lbeta math.log_softmax math.mod math.polyval math.reciprocal_no_nan math.scalar_mul
      math.softmax math.unsorted_segment_mean math.unsorted_segment_prod
      math.unsorted_segment_sqrt_n math.zero_fraction
    - a symbol of tf.nn that no surveyed program uses
      nn.all_candidate_sampler nn.approx_max_k nn.approx_min_k nn.atrous_conv2d
      nn.atrous_conv2d_transpose nn.avg_pool1d nn.avg_pool_v2
      nn.batch_norm_with_global_normalization nn.collapse_repeated nn.compute_accidental_hits
      nn.compute_average_loss nn.conv1d_transpose nn.conv2d_backprop_filter
      nn.conv2d_backprop_input nn.conv3d_backprop_filter nn.conv3d_backprop_filter_v2
      nn.conv_transpose nn.convolution nn.crelu nn.ctc_beam_search_decoder
      nn.ctc_beam_search_decoder_v2 nn.ctc_greedy_decoder nn.ctc_loss_v2 nn.ctc_unique_labels
      nn.depth_to_space nn.depthwise_conv2d_backprop_filter nn.depthwise_conv2d_backprop_input
      nn.depthwise_conv2d_native nn.depthwise_conv2d_native_backprop_filter
      nn.depthwise_conv2d_native_backprop_input nn.embedding_lookup_sparse nn.erosion2d
      nn.experimental nn.experimental.general_dropout nn.experimental.stateless_dropout
      nn.fixed_unigram_candidate_sampler nn.learned_unigram_candidate_sampler
      nn.log_uniform_candidate_sampler nn.lrn nn.max_pool1d nn.max_pool_v2 nn.pool
      nn.quantized_avg_pool nn.quantized_conv2d nn.quantized_max_pool nn.quantized_relu_x
      nn.safe_embedding_lookup_sparse nn.scale_regularization_loss nn.space_to_batch
      nn.space_to_depth nn.uniform_candidate_sampler nn.with_space_to_batch
    - a symbol of tf.python_io that no surveyed program uses
      python_io.TFRecordCompressionType
    - a symbol of tf.queue that no surveyed program uses
      queue.QueueBase
    - a symbol of tf.random that no surveyed program uses
      random.Algorithm random.Generator random.create_rng_state random.experimental
      random.experimental.Algorithm random.experimental.Generator
      random.experimental.create_rng_state random.experimental.get_global_generator
      random.experimental.index_shuffle random.experimental.set_global_generator
      random.experimental.stateless_fold_in random.experimental.stateless_shuffle
      random.experimental.stateless_split random.fold_in random.get_global_generator
      random.get_seed random.multinomial random.set_global_generator random.set_random_seed
      random.split random.stateless_binomial random.stateless_categorical random.stateless_gamma
      random.stateless_multinomial random.stateless_parameterized_truncated_normal
      random.stateless_poisson
    - a symbol of tf.sets that no surveyed program uses
      sets.set_difference sets.set_intersection sets.set_size sets.set_union
    - a symbol of tf.signal that no surveyed program uses
      signal.dct signal.fftnd signal.fftshift signal.idct signal.ifftnd signal.ifftshift
      signal.inverse_mdct signal.inverse_stft signal.inverse_stft_window_fn signal.irfft2d
      signal.irfft3d signal.irfftnd signal.kaiser_bessel_derived_window signal.kaiser_window
      signal.mdct signal.mfccs_from_log_mel_spectrograms signal.overlap_and_add signal.rfft2d
      signal.rfft3d signal.rfftnd signal.vorbis_window
    - a symbol of tf.sparse that no surveyed program uses
      sparse.SparseConditionalAccumulator sparse.SparseTensor sparse.bincount sparse.cross
      sparse.cross_hashed sparse.expand_dims sparse.eye sparse.mask sparse.matmul sparse.merge
      sparse.placeholder sparse.reduce_max_sparse sparse.reduce_sum_sparse sparse.reset_shape
      sparse.retain sparse.segment_mean sparse.segment_sqrt_n sparse.segment_sum
      sparse.to_indicator sparse.transpose
    - a symbol of tf.strings that no surveyed program uses
      strings.unicode_decode_with_offsets strings.unicode_split_with_offsets
    - a symbol of tf.version that no surveyed program uses
      version.COMPILER_VERSION version.GIT_VERSION version.GRAPH_DEF_VERSION
      version.GRAPH_DEF_VERSION_MIN_CONSUMER version.GRAPH_DEF_VERSION_MIN_PRODUCER
      version.VERSION
    - command line flags are not here yet
      app.flags.FLAGS:71 flags.DEFINE_alias flags.DEFINE_enum_class flags.DEFINE_flag
      flags.DEFINE_multi flags.DEFINE_multi_enum flags.DEFINE_multi_enum_class
      flags.DEFINE_multi_float flags.DEFINE_multi_integer flags.DEFINE_multi_string
      flags.DEFINE_spaceseplist flags.FLAGS:54 flags.mark_bool_flags_as_mutual_exclusive
      flags.mark_flags_as_mutual_exclusive flags.mark_flags_as_required
    - converting to TensorFlow Lite is no part of a runtime
      lite lite.Optimize.DEFAULT:4
    - distributions are not here yet
      distributions distributions.Bernoulli distributions.Beta distributions.Categorical:3
      distributions.Dirichlet distributions.DirichletMultinomial distributions.Distribution
      distributions.Exponential distributions.FULLY_REPARAMETERIZED distributions.Gamma
      distributions.Laplace distributions.Multinomial distributions.NOT_REPARAMETERIZED
      distributions.Normal:3 distributions.RegisterKL distributions.ReparameterizationType
      distributions.StudentT distributions.Uniform distributions.kl_divergence
    - experimental: no surveyed program uses it
      experimental experimental.BatchableExtensionType experimental.DynamicRaggedShape
      experimental.ExtensionType experimental.ExtensionTypeBatchEncoder
      experimental.ExtensionTypeSpec experimental.Optional experimental.RowPartition
      experimental.StructuredTensor experimental.async_clear_error experimental.async_scope
      experimental.dispatch_for_api experimental.dispatch_for_binary_elementwise_apis
      experimental.dispatch_for_binary_elementwise_assert_apis
      experimental.dispatch_for_unary_elementwise_apis experimental.enable_strict_mode
      experimental.extension_type experimental.extension_type.as_dict experimental.float4_e2m1fn
      experimental.float8_e4m3b11fnuz experimental.float8_e4m3fn experimental.float8_e4m3fnuz
      experimental.float8_e5m2 experimental.float8_e5m2fnuz experimental.function_executor_type
      experimental.int2 experimental.int4 experimental.output_all_intermediates
      experimental.register_filesystem_plugin experimental.uint2 experimental.uint4
      experimental.unregister_dispatch_for
    - files by tf.gfile are not here yet
      gfile.Copy:16 gfile.DeleteRecursively:17 gfile.Exists:159 gfile.Glob:58 gfile.IsDirectory:19
      gfile.ListDirectory:10 gfile.MakeDirs:144 gfile.MkDir:7 gfile.Remove:9 gfile.Rename:6
      gfile.Stat gfile.Walk io.gfile.get_registered_schemes io.gfile.join
    - functions of TF-2 style are not reachable from TF-1 names: tf.function of module Compat
      function:8
    - graphs are not compiled by MLIR
      mlir mlir.experimental mlir.experimental.convert_function
      mlir.experimental.convert_graph_def mlir.experimental.convert_saved_model
      mlir.experimental.convert_saved_model_v1 mlir.experimental.run_pass_pipeline
      mlir.experimental.tflite_to_tosa_bytecode mlir.experimental.write_bytecode
    - graphs are not compiled by XLA
      xla xla.experimental xla.experimental.compile xla.experimental.jit_scope
    - graphs are not rewritten to half precision
      mixed_precision
    - input pipelines of tf.data have ops, and no functions in TF-1 style yet
      data.AUTOTUNE data.Dataset.from_generator:8 data.Dataset.from_tensor_slices:66
      data.Dataset.from_tensors:11 data.Dataset.zip:9 data.Dataset:27 data.DatasetSpec
      data.FixedLengthRecordDataset data.INFINITE_CARDINALITY data.Iterator
      data.Iterator.from_structure:2 data.NumpyIterator data.Options:2 data.TFRecordDataset:18
      data.TextLineDataset data.ThreadingOptions data.UNKNOWN_CARDINALITY data.experimental
      data.experimental.AUTOTUNE:14 data.experimental.AutoShardPolicy
      data.experimental.AutotuneAlgorithm data.experimental.AutotuneOptions
      data.experimental.Counter data.experimental.CsvDataset data.experimental.DatasetInitializer
      data.experimental.DatasetStructure data.experimental.DistributeOptions
      data.experimental.ExternalStatePolicy data.experimental.INFINITE_CARDINALITY
      data.experimental.OptimizationOptions data.experimental.Optional
      data.experimental.OptionalStructure data.experimental.RaggedTensorStructure
      data.experimental.RandomDataset data.experimental.Reducer data.experimental.SHARD_HINT
      data.experimental.ServiceOptions data.experimental.SparseTensorStructure
      data.experimental.SqlDataset data.experimental.Structure data.experimental.TFRecordWriter
      data.experimental.TensorArrayStructure data.experimental.TensorStructure
      data.experimental.ThreadingOptions data.experimental.UNKNOWN_CARDINALITY
      data.experimental.assert_cardinality data.experimental.bucket_by_sequence_length
      data.experimental.cardinality data.experimental.choose_from_datasets
      data.experimental.copy_to_device data.experimental.dense_to_ragged_batch
      data.experimental.dense_to_sparse_batch data.experimental.distributed_save
      data.experimental.enable_debug_mode data.experimental.enumerate_dataset
      data.experimental.from_list data.experimental.from_variant data.experimental.get_model_proto
      data.experimental.get_next_as_optional data.experimental.get_single_element
      data.experimental.get_structure data.experimental.group_by_reducer
      data.experimental.group_by_window data.experimental.ignore_errors
      data.experimental.index_table_from_dataset data.experimental.make_batched_features_dataset
      data.experimental.make_csv_dataset data.experimental.make_saveable_from_iterator
      data.experimental.map_and_batch data.experimental.map_and_batch_with_legacy_function
      data.experimental.pad_to_cardinality data.experimental.parallel_interleave:3
      data.experimental.parse_example_dataset data.experimental.prefetch_to_device
      data.experimental.rejection_resample data.experimental.sample_from_datasets
      data.experimental.scan data.experimental.service data.experimental.service.CrossTrainerCache
      data.experimental.service.DispatcherConfig data.experimental.service.ShardingPolicy
      data.experimental.service.WorkerConfig data.experimental.service.distribute
      data.experimental.service.from_dataset_id data.experimental.service.register_dataset
      data.experimental.shuffle_and_repeat data.experimental.snapshot
      data.experimental.table_from_dataset data.experimental.take_while
      data.experimental.to_variant data.experimental.unbatch data.experimental.unique
      data.get_output_classes data.get_output_shapes:4 data.get_output_types
      data.make_initializable_iterator data.make_one_shot_iterator data:16
    - layers in TF-1 style are not here yet
      contrib.layers.flatten:20 contrib.layers.fully_connected:7 contrib.layers.l2_regularizer:5
      contrib.layers.layer_norm:3 contrib.layers.xavier_initializer:53 contrib.layers:2
      layers.AveragePooling1D layers.AveragePooling2D:4 layers.AveragePooling3D
      layers.BatchNormalization:4 layers.Conv1D layers.Conv2D:12 layers.Conv2DTranspose:11
      layers.Conv3D layers.Conv3DTranspose layers.Dense:22 layers.Dropout:3 layers.Flatten
      layers.InputSpec:3 layers.Layer:6 layers.MaxPooling1D layers.MaxPooling2D:4
      layers.MaxPooling3D layers.SeparableConv1D layers.SeparableConv2D layers.average_pooling1d
      layers.average_pooling2d:6 layers.average_pooling3d layers.batch_normalization:42
      layers.conv1d:4 layers.conv2d:208 layers.conv2d_transpose:61 layers.conv3d
      layers.conv3d_transpose layers.dense:344 layers.dropout:40 layers.experimental
      layers.experimental.keras_style_scope layers.experimental.set_keras_style layers.flatten:19
      layers.max_pooling1d layers.max_pooling2d:52 layers.max_pooling3d layers.separable_conv1d
      layers.separable_conv2d:5 layers:28
    - logging is not here yet
      logging.TaskLevelStatusMessage logging.vlog
    - losses in TF-1 style are not here yet
      losses losses.Reduction losses.absolute_difference:2 losses.add_loss:6
      losses.compute_weighted_loss losses.cosine_distance losses.get_losses
      losses.get_regularization_loss losses.get_regularization_losses:21 losses.get_total_loss:3
      losses.hinge_loss losses.huber_loss losses.log_loss:3 losses.mean_pairwise_squared_error
      losses.mean_squared_error:12 losses.sigmoid_cross_entropy:8 losses.softmax_cross_entropy:5
      losses.sparse_softmax_cross_entropy:5
    - metrics in TF-1 style are not here yet
      metrics.accuracy:26 metrics.auc:3 metrics.average_precision_at_k metrics.false_negatives:2
      metrics.false_negatives_at_thresholds metrics.false_positives:2
      metrics.false_positives_at_thresholds metrics.mean:24 metrics.mean_absolute_error
      metrics.mean_cosine_distance metrics.mean_iou metrics.mean_per_class_accuracy
      metrics.mean_relative_error metrics.mean_squared_error metrics.mean_tensor
      metrics.percentage_below metrics.precision:5 metrics.precision_at_k
      metrics.precision_at_thresholds metrics.precision_at_top_k metrics.recall:7
      metrics.recall_at_k metrics.recall_at_thresholds metrics.recall_at_top_k
      metrics.root_mean_squared_error metrics.sensitivity_at_specificity
      metrics.sparse_average_precision_at_k metrics.sparse_precision_at_k
      metrics.specificity_at_sensitivity metrics.true_negatives:2
      metrics.true_negatives_at_thresholds metrics.true_positives:2
      metrics.true_positives_at_thresholds metrics:6
    - not here yet
      Example:13 IndexedSlices:6 Summary.Image:3 Summary.Value:16 Summary:28 TensorSpec:87
      orthogonal_initializer:3
    - of contrib only some layers, cells and training helpers are planned
      contrib.training.HParams:17
    - of quantisation what is missing is not here yet
      quantization.experimental quantization.experimental.QuantizationComponentSpec
      quantization.experimental.QuantizationMethod quantization.experimental.QuantizationOptions
      quantization.experimental.TfRecordRepresentativeDatasetSaver
      quantization.experimental.UnitWiseQuantizationSpec
      quantization.experimental.quantize_saved_model
      quantization.fake_quant_with_min_max_args_gradient
      quantization.fake_quant_with_min_max_vars_gradient
      quantization.fake_quant_with_min_max_vars_per_channel_gradient
      quantization.quantize_and_dequantize quantization.quantized_concat
    - of saved models what is missing is not here yet
      saved_model.ASSETS_DIRECTORY saved_model.ASSETS_KEY saved_model.Asset saved_model.Builder
      saved_model.CLASSIFY_INPUTS saved_model.CLASSIFY_METHOD_NAME
      saved_model.CLASSIFY_OUTPUT_CLASSES saved_model.CLASSIFY_OUTPUT_SCORES
      saved_model.DEBUG_DIRECTORY saved_model.DEBUG_INFO_FILENAME_PB
      saved_model.DEFAULT_SERVING_SIGNATURE_DEF_KEY saved_model.GPU saved_model.LEGACY_INIT_OP_KEY
      saved_model.MAIN_OP_KEY saved_model.PREDICT_INPUTS saved_model.PREDICT_METHOD_NAME
      saved_model.PREDICT_OUTPUTS saved_model.REGRESS_INPUTS saved_model.REGRESS_METHOD_NAME
      saved_model.REGRESS_OUTPUTS saved_model.SAVED_MODEL_FILENAME_PB
      saved_model.SAVED_MODEL_FILENAME_PBTXT saved_model.SAVED_MODEL_SCHEMA_VERSION
      saved_model.SERVING saved_model.SaveOptions saved_model.TPU saved_model.TRAINING
      saved_model.VARIABLES_DIRECTORY saved_model.VARIABLES_FILENAME
      saved_model.build_signature_def saved_model.build_tensor_info saved_model.builder
      saved_model.builder.SavedModelBuilder saved_model.classification_signature_def
      saved_model.constants saved_model.constants.ASSETS_DIRECTORY
      saved_model.constants.ASSETS_KEY saved_model.constants.DEBUG_DIRECTORY
      saved_model.constants.DEBUG_INFO_FILENAME_PB saved_model.constants.LEGACY_INIT_OP_KEY
      saved_model.constants.MAIN_OP_KEY saved_model.constants.SAVED_MODEL_FILENAME_PB
      saved_model.constants.SAVED_MODEL_FILENAME_PBTXT
      saved_model.constants.SAVED_MODEL_SCHEMA_VERSION saved_model.constants.VARIABLES_DIRECTORY
      saved_model.constants.VARIABLES_FILENAME saved_model.experimental
      saved_model.experimental.TrackableResource saved_model.experimental.VariablePolicy
      saved_model.experimental.save saved_model.get_tensor_from_tensor_info
      saved_model.is_valid_signature saved_model.load_v2 saved_model.loader
      saved_model.loader.load saved_model.loader.maybe_saved_model_directory saved_model.main_op
      saved_model.main_op.main_op saved_model.main_op.main_op_with_restore
      saved_model.main_op_with_restore saved_model.maybe_saved_model_directory
      saved_model.predict_signature_def saved_model.regression_signature_def saved_model.save
      saved_model.signature_constants.CLASSIFY_INPUTS
      saved_model.signature_constants.CLASSIFY_METHOD_NAME
      saved_model.signature_constants.CLASSIFY_OUTPUT_CLASSES
      saved_model.signature_constants.CLASSIFY_OUTPUT_SCORES
      saved_model.signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY:2
      saved_model.signature_constants.PREDICT_INPUTS
      saved_model.signature_constants.PREDICT_METHOD_NAME
      saved_model.signature_constants.PREDICT_OUTPUTS
      saved_model.signature_constants.REGRESS_INPUTS
      saved_model.signature_constants.REGRESS_METHOD_NAME
      saved_model.signature_constants.REGRESS_OUTPUTS saved_model.signature_def_utils
      saved_model.signature_def_utils.MethodNameUpdater
      saved_model.signature_def_utils.build_signature_def
      saved_model.signature_def_utils.classification_signature_def
      saved_model.signature_def_utils.is_valid_signature
      saved_model.signature_def_utils.predict_signature_def
      saved_model.signature_def_utils.regression_signature_def saved_model.simple_save
      saved_model.tag_constants.GPU saved_model.tag_constants.SERVING:2
      saved_model.tag_constants.TPU saved_model.tag_constants.TRAINING saved_model.utils
      saved_model.utils.build_tensor_info saved_model.utils.get_tensor_from_tensor_info
    - one CPU needs no configuration of devices
      config config.LogicalDevice config.LogicalDeviceConfiguration config.PhysicalDevice
      config.experimental config.experimental.ClusterDeviceFilters
      config.experimental.VirtualDeviceConfiguration config.experimental.disable_mlir_bridge
      config.experimental.enable_mlir_bridge config.experimental.enable_tensor_float_32_execution
      config.experimental.get_device_details config.experimental.get_device_policy
      config.experimental.get_memory_growth config.experimental.get_memory_info
      config.experimental.get_memory_usage config.experimental.get_synchronous_execution
      config.experimental.get_virtual_device_configuration config.experimental.get_visible_devices
      config.experimental.list_logical_devices config.experimental.list_physical_devices
      config.experimental.reset_memory_stats config.experimental.set_device_policy
      config.experimental.set_memory_growth config.experimental.set_synchronous_execution
      config.experimental.set_virtual_device_configuration config.experimental.set_visible_devices
      config.experimental.tensor_float_32_execution_enabled config.experimental_connect_to_cluster
      config.experimental_connect_to_host config.experimental_functions_run_eagerly
      config.experimental_run_functions_eagerly config.functions_run_eagerly
      config.get_logical_device_configuration config.get_soft_device_placement
      config.get_visible_devices config.list_logical_devices config.list_physical_devices
      config.optimizer config.optimizer.get_experimental_options config.optimizer.get_jit
      config.optimizer.set_experimental_options config.optimizer.set_jit
      config.run_functions_eagerly config.set_logical_device_configuration
      config.set_soft_device_placement config.set_visible_devices config.threading
      config.threading.get_inter_op_parallelism_threads
      config.threading.get_intra_op_parallelism_threads
      config.threading.set_inter_op_parallelism_threads
      config.threading.set_intra_op_parallelism_threads
    - programs add no ops of their own
      load_file_system_library load_library load_op_library user_ops user_ops.my_fact
    - ragged tensors have ops, and no type yet
      ragged ragged.RaggedTensorValue ragged.boolean_mask ragged.constant ragged.constant_value
      ragged.cross ragged.cross_hashed ragged.map_flat_values ragged.placeholder ragged.range
      ragged.row_splits_to_segment_ids ragged.segment_ids_to_row_splits ragged.stack
      ragged.stack_dynamic_partitions
    - summaries of this kind are not here yet
      summary.Event summary.FileWriterCache summary.SessionLog summary.Summary
      summary.SummaryDescription summary.TaggedRunMetadata summary.all_v2_summary_ops
      summary.get_summary_description summary.initialize summary.tensor_summary
    - tapes are of TF-2 style: tf.GradientTape of module Compat
      GradientTape:21
    - there are no TPUs: kernels run on the CPU
      tpu
    - there is no library to link against
      sysconfig sysconfig.CXX11_ABI_FLAG sysconfig.CXX_VERSION sysconfig.MONOLITHIC_BUILD
      sysconfig.get_build_info sysconfig.get_compile_flags sysconfig.get_include sysconfig.get_lib
      sysconfig.get_link_flags
    - training in TF-1 style is not here yet
      train.AdagradDAOptimizer train.Checkpoint:3 train.CheckpointManager train.CheckpointOptions
      train.CheckpointSaverListener train.ExponentialMovingAverage:14 train.FtrlOptimizer:4
      train.NewCheckpointReader:8 train.Optimizer:33 train.ProximalAdagradOptimizer
      train.ProximalGradientDescentOptimizer train.Saver:113 train.SaverDef train.VocabInfo
      train.assert_global_step train.basic_train_loop train.checkpoints_iterator
      train.cosine_decay train.cosine_decay_restarts train.create_global_step:9
      train.do_quantize_training_on_graphdef train.experimental
      train.experimental.DynamicLossScale train.experimental.FixedLossScale
      train.experimental.LossScale train.experimental.MaxShardSizePolicy
      train.experimental.MixedPrecisionLossScaleOptimizer train.experimental.PythonState
      train.experimental.ShardByTaskPolicy train.experimental.ShardableTensor
      train.experimental.ShardingCallback train.experimental.disable_mixed_precision_graph_rewrite
      train.experimental.enable_mixed_precision_graph_rewrite train.exponential_decay:18
      train.export_meta_graph train.generate_checkpoint_state_proto train.get_checkpoint_mtimes
      train.get_global_step:27 train.get_or_create_global_step:33 train.global_step:5
      train.import_meta_graph:16 train.init_from_checkpoint:14 train.inverse_time_decay
      train.linear_cosine_decay train.match_filenames_once train.natural_exp_decay
      train.noisy_linear_cosine_decay train.piecewise_constant:2 train.piecewise_constant_decay
      train.polynomial_decay:5 train.sdca_fprint train.sdca_optimizer train.sdca_shrink_l1
      train.summary_iterator:2 train.update_checkpoint_state train.warm_start train.write_graph:3
    - under its later name in tf.signal where it is here
      spectral spectral.dct spectral.fft spectral.fft2d spectral.fft3d spectral.idct spectral.ifft
      spectral.ifft2d spectral.ifft3d spectral.irfft spectral.irfft2d spectral.irfft3d
      spectral.rfft spectral.rfft2d spectral.rfft3d
    > .newAxis between the brackets of a tensor
      newaxis:57
    > Bundle.module
      resource_loader resource_loader.get_data_files_path resource_loader.get_path_to_datafile
      resource_loader.get_root_dir_with_all_resources resource_loader.load_resource
      resource_loader.readahead_file_path
    > RunMetadata of a run with a trace; janus run --trace
      profiler profiler.AdviceProto profiler.GraphNodeProto profiler.MultiGraphNodeProto
      profiler.OpLogProto profiler.ProfileOptionBuilder
      profiler.ProfileOptionBuilder.time_and_memory:2 profiler.Profiler profiler.advise
      profiler.profile profiler.write_op_log
    > RunOptions(traceLevel: .fullTrace)
      RunOptions.FULL_TRACE:5
    > Swift Testing: @Test, #expect and a folder of the test's own
      test test.Benchmark test.StubOutForTesting test.TestCase:268 test.assert_equal_graph_def
      test.benchmark_config test.compute_gradient test.compute_gradient_error
      test.create_local_cluster test.disable_with_predicate test.experimental
      test.experimental.sync_devices test.get_temp_dir:27 test.gpu_device_name
      test.is_built_with_cuda test.is_built_with_gpu_support test.is_built_with_rocm
      test.is_built_with_xla test.is_cpu_target_available test.is_gpu_available:8 test.main:237
      test.test_src_dir_path test.with_eager_op_as_function
    > TF-2 style: tf.GradientTape and tf.Variable of module Compat
      contrib.eager:17
    > TFError.Code, of which tf.errors has names for a catch
      errors.ABORTED errors.ALREADY_EXISTS errors.CANCELLED errors.DATA_LOSS
      errors.DEADLINE_EXCEEDED errors.FAILED_PRECONDITION errors.INTERNAL errors.INVALID_ARGUMENT
      errors.NOT_FOUND errors.OK errors.OUT_OF_RANGE errors.OpError errors.PERMISSION_DENIED
      errors.RESOURCE_EXHAUSTED errors.UNAUTHENTICATED errors.UNAVAILABLE errors.UNIMPLEMENTED
      errors.UNKNOWN errors.UnauthenticatedError errors.error_code_from_exception_type
      errors.exception_type_from_error_code errors.raise_exception_on_not_ok_status
    > TensorStructure: Swift arrays, tuples and structs
      nest nest.assert_same_structure nest.flatten nest.is_nested nest.map_structure
      nest.pack_sequence_as
    > a Tensor: it is what a graph holds
      make_tensor_proto:2
    > a conformance to TensorConvertible
      register_tensor_conversion_function:2
    > janus freeze, or Model
      graph_util.import_graph_def graph_util.must_run_on_cpu
      graph_util.tensor_shape_from_node_def_name
    > module Compat: tf and tf.compat.v1
      compat
    > tf.Print, or Swift's print of a value
      print:2
    > tf.cond and tf.whileLoop: the code of Swift programs is not rewritten
      autograph autograph.experimental autograph.experimental.Feature
      autograph.experimental.do_not_convert:3 autograph.experimental.set_loop_options
      autograph.set_verbosity autograph.to_code autograph.to_graph autograph.trace
    > tf.customGradient, or a gradient in the definition of the op
      RegisterGradient:2
    > tf.function, or tf.Graph and tf.Session
      wrap_function:2
    > tf.globalVariablesInitializer
      initializers.global_variables:3
    > tf.layers and a loop over Session.run
      contrib.learn:2 learn:2
    > tf.parseExample and tf.nn.embeddingLookup
      feature_column
    > tf.summary.FileWriter: the name before release 1.0
      train.SummaryWriter:3
    > tf.summary.histogram: the name before release 1.0
      histogram_summary:5
    > tf.summary.image: the name before release 1.0
      image_summary:6
    > tf.summary.merge: the name before release 1.0
      merge_summary:3
    > tf.summary.scalar: the name before release 1.0
      scalar_summary:7
    > tf.train.Example(serialized:)
      train.Example.FromString:4
    > tf.train.MonitoredTrainingSession, or a loop over Session.run
      estimator.Estimator:11 estimator.EstimatorSpec:29 estimator.ModeKeys.EVAL:7
      estimator.ModeKeys.PREDICT:21 estimator.ModeKeys.TRAIN:19
    > tf.train.Optimizer.GateGradients.none
      train.Optimizer.GATE_NONE:4
    > tf.varianceScalingInitializer(scale:mode:distribution:) with .uniform
      uniform_unit_scaling_initializer:5
    > tf.whileLoop
      while:5
    > the dtype property of a tensor
      dtype:6
    > the dtypes as members of tf: tf.float32
      dtypes dtypes.DType dtypes.QUANTIZED_DTYPES dtypes.as_dtype dtypes.as_string dtypes.bfloat16
      dtypes.bool dtypes.cast dtypes.complex dtypes.complex128 dtypes.complex64 dtypes.double
      dtypes.experimental dtypes.experimental.float4_e2m1fn dtypes.experimental.float8_e4m3b11fnuz
      dtypes.experimental.float8_e4m3fn dtypes.experimental.float8_e4m3fnuz
      dtypes.experimental.float8_e5m2 dtypes.experimental.float8_e5m2fnuz dtypes.experimental.int2
      dtypes.experimental.int4 dtypes.experimental.uint2 dtypes.experimental.uint4 dtypes.float16
      dtypes.float32 dtypes.float64 dtypes.half dtypes.int16 dtypes.int32 dtypes.int64 dtypes.int8
      dtypes.qint16 dtypes.qint32 dtypes.qint8 dtypes.quint16 dtypes.quint8 dtypes.resource
      dtypes.saturate_cast dtypes.string dtypes.uint16 dtypes.uint32 dtypes.uint64 dtypes.uint8
      dtypes.variant
    > the function of the op; janus ops lists the ops
      raw_ops
    > the same function at the top of tf
      manip manip.batch_to_space_nd manip.gather_nd manip.reshape manip.reverse manip.roll
      manip.scatter_nd manip.space_to_batch_nd manip.tile
    > the values of a Tensor
      make_ndarray
    """
}
