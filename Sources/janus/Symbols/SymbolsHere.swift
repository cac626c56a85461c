extension SymbolTable {
  /// The symbols of TF-1 that are here, by TensorFlow's names.
  ///
  /// `script/symbols` writes them.
  static let here = """
    +
      AUTO_REUSE:136 AggregationMethod Assert:22 ConfigProto:60 DType Dimension:4 FIFOQueue:10
      FixedLenFeature:125 FixedLenSequenceFeature:9 FixedLengthRecordReader GPUOptions:15
      Graph:229 GraphDef:8 GraphKeys.GLOBAL_VARIABLES:30 GraphKeys.LOSSES:9
      GraphKeys.MODEL_VARIABLES:7 GraphKeys.QUEUE_RUNNERS:4 GraphKeys.REGULARIZATION_LOSSES:9
      GraphKeys.SUMMARIES:14 GraphKeys.TRAINABLE_VARIABLES:39 GraphKeys.UPDATE_OPS:43 GraphKeys:3
      GraphOptions IdentityReader InteractiveSession:27 Operation:30 OptimizerOptions
      PaddingFIFOQueue Print:34 PriorityQueue RandomShuffleQueue:6 RunMetadata:5 RunOptions:6
      Session:473 SparseTensor:12 SparseTensorValue TFRecordReader:12 Tensor:327 TensorArray:10
      TensorShape:85 TextLineReader UnconnectedGradients VERSION VarLenFeature:58 Variable:887
      VariableScope:5 WholeFileReader:2 __version__:6 abs:93 accumulate_n acos acosh add:136
      add_check_numerics_ops:2 add_n:115 add_to_collection:62 add_to_collections all_variables:8
      angle app app.flags.DEFINE_bool:5 app.flags.DEFINE_boolean:40 app.flags.DEFINE_float:45
      app.flags.DEFINE_integer:129 app.flags.DEFINE_string:201 app.flags:28 app.run:170 argmax:346
      argmin as_dtype:19 as_string asin asinh assert_equal:21 assert_greater
      assert_greater_equal:4 assert_less assert_less_equal:5 assert_negative assert_non_negative
      assert_non_positive assert_none_equal assert_positive:4 assert_rank assert_rank_at_least
      assert_variables_initialized assign:110 assign_add:29 assign_sub:3 atan atan2 atanh audio
      audio.decode_wav audio.encode_wav batch_to_space betainc bfloat16 bitcast bitwise
      bitwise.bitwise_and:6 bitwise.bitwise_or bitwise.bitwise_xor bitwise.invert
      bitwise.left_shift bitwise.right_shift bool:68 boolean_mask:30 broadcast_dynamic_shape
      broadcast_to:6 case:10 cast:776 ceil:5 check_numerics:10 clip_by_global_norm:11
      clip_by_norm:4 clip_by_value:71 colocate_with complex complex128 complex64 concat:608
      cond:168 conj constant:976 constant_initializer:140 container contrib.rnn.BasicLSTMCell:9
      contrib.rnn.GRUCell:5 contrib.rnn.MultiRNNCell:3 contrib.rnn:5 contrib:4
      control_dependencies:227 control_flow_v2_enabled convert_to_tensor:224 cos:10 cosh
      count_nonzero:5 count_up_to cumprod:3 cumsum:27 custom_gradient:19 debugging
      debugging.check_numerics decode_base64 decode_compressed decode_csv decode_json_example
      decode_raw:10 depth_to_space device:171 diag:14 diag_part:4 digamma disable_control_flow_v2
      disable_eager_execution:33 disable_resource_variables disable_tensor_equality
      disable_v2_behavior disable_v2_tensorshape div:27 divide:5 double dynamic_partition
      dynamic_stitch edit_distance:3 einsum enable_control_flow_v2 enable_eager_execution:30
      enable_resource_variables enable_tensor_equality enable_v2_behavior enable_v2_tensorshape
      encode_base64 ensure_shape equal:265 erf erfc errors errors.AbortedError
      errors.AlreadyExistsError errors.CancelledError errors.DataLossError
      errors.DeadlineExceededError errors.FailedPreconditionError errors.InternalError
      errors.InvalidArgumentError:11 errors.NotFoundError:9 errors.OutOfRangeError:24
      errors.PermissionDeniedError errors.ResourceExhaustedError errors.UnavailableError
      errors.UnimplementedError:2 errors.UnknownError executing_eagerly:34 exp:122 expand_dims:532
      expm1 eye:8 fill:21 fingerprint flags.DEFINE_bool:8 flags.DEFINE_boolean flags.DEFINE_enum
      flags.DEFINE_float:27 flags.DEFINE_integer:99 flags.DEFINE_list flags.DEFINE_string:71
      flags.mark_flag_as_required flags:47 float16:22 float32:1755 float64:63 floor:19 floordiv:4
      floormod foldl foldr gather:127 gather_nd:27 get_collection:104 get_default_graph:111
      get_default_session:29 get_local_variable get_variable:617 get_variable_scope:110 gfile
      gfile.FastGFile:4 gfile.GFile:90 gfile.Open:147 global_norm:4 global_variables:67
      global_variables_initializer:496 glorot_normal_initializer glorot_uniform_initializer:2
      gradients:107 graph_util graph_util.convert_variables_to_constants:2
      graph_util.extract_sub_graph graph_util.remove_training_nodes greater:51 greater_equal:34
      group:96 half histogram_fixed_width identity:234 identity_n igamma igammac imag
      image.ResizeMethod image.ResizeMethod.AREA:6 image.ResizeMethod.BICUBIC:6
      image.ResizeMethod.NEAREST_NEIGHBOR:2 image.adjust_brightness image.adjust_contrast
      image.adjust_hue image.adjust_saturation image.central_crop
      image.combined_non_max_suppression image.convert_image_dtype:10 image.crop_and_resize:14
      image.crop_to_bounding_box:8 image.decode_and_crop_jpeg image.decode_bmp image.decode_gif
      image.decode_image:6 image.decode_jpeg:16 image.decode_png:8 image.draw_bounding_boxes
      image.encode_jpeg:3 image.encode_png:13 image.extract_jpeg_shape image.flip_left_right
      image.flip_up_down image.grayscale_to_rgb:6 image.hsv_to_rgb image.is_jpeg
      image.non_max_suppression:7 image.pad_to_bounding_box:2 image.per_image_standardization:15
      image.psnr image.random_brightness:9 image.random_contrast:9 image.random_flip_left_right:13
      image.random_flip_up_down image.random_hue:9 image.random_saturation:9 image.resize
      image.resize_area image.resize_bicubic:4 image.resize_bilinear:15
      image.resize_image_with_crop_or_pad:9 image.resize_images:33
      image.resize_nearest_neighbor:21 image.resize_with_crop_or_pad image.rgb_to_grayscale:2
      image.rgb_to_hsv image.sample_distorted_bounding_box:5 image.total_variation
      image.transpose_image image:2 import_graph_def:9 init_scope initialize_all_variables:10
      initializers initializers.glorot_normal initializers.glorot_uniform initializers.he_normal
      initializers.he_uniform initializers.lecun_normal initializers.lecun_uniform
      initializers.ones initializers.zeros int16:11 int32.max:10 int32:581 int64:273 int8 io
      io.FixedLenFeature:28 io.FixedLenSequenceFeature io.RaggedFeature io.TFRecordOptions
      io.TFRecordWriter:5 io.VarLenFeature io.decode_base64 io.decode_compressed io.decode_csv
      io.decode_json_example io.decode_proto io.decode_raw io.encode_base64 io.encode_proto
      io.gfile io.gfile.GFile:7 io.gfile.copy io.gfile.exists io.gfile.glob:5 io.gfile.isdir
      io.gfile.listdir io.gfile.makedirs:4 io.gfile.mkdir io.gfile.remove io.gfile.rename
      io.gfile.rmtree io.gfile.stat io.gfile.walk io.matching_files io.parse_example
      io.parse_sequence_example io.parse_single_example:4 io.parse_single_sequence_example
      io.parse_tensor io.read_file:4 io.serialize_tensor io.write_file is_finite:4 is_inf is_nan
      is_variable_initialized:4 less:76 less_equal:8 lgamma linalg linalg.adjoint linalg.band_part
      linalg.cholesky linalg.det linalg.diag linalg.diag_part linalg.eigh linalg.eigvalsh
      linalg.expm linalg.inv linalg.logm linalg.lstsq linalg.lu linalg.matmul linalg.matvec
      linalg.qr linalg.set_diag linalg.slogdet linalg.solve linalg.sqrtm linalg.svd
      linalg.tensor_diag linalg.tensor_diag_part linalg.triangular_solve linspace local_variables
      local_variables_initializer:31 log1p log:193 log_sigmoid logging.DEBUG logging.ERROR
      logging.FATAL logging.INFO:73 logging.WARN logging.debug:68 logging.error:16
      logging.fatal:47 logging.flush logging.get_verbosity logging.info:795 logging.log
      logging.log_every_n:2 logging.log_first_n logging.log_if logging.set_verbosity:107
      logging.warn:36 logging.warning:79 logging:9 logical_and:25 logical_not:23 logical_or:7
      logical_xor lookup lookup.KeyValueTensorInitializer lookup.StaticHashTable
      lookup.experimental lookup.experimental.DenseHashTable lookup.experimental.MutableHashTable
      map_fn:21 matching_files math math.abs math.accumulate_n math.acos math.acosh math.add
      math.add_n math.angle math.argmax math.argmin math.asin math.asinh math.atan math.atan2
      math.atanh math.bessel_i0 math.bessel_i0e math.bessel_i1 math.bessel_i1e math.betainc
      math.ceil math.conj math.cos:3 math.cosh math.count_nonzero math.cumprod math.cumsum
      math.cumulative_logsumexp math.digamma math.divide math.divide_no_nan math.equal math.erf
      math.erfc math.erfcinv math.erfinv math.exp math.expm1 math.floor math.floordiv
      math.floormod math.greater math.greater_equal math.igamma math.igammac math.imag
      math.in_top_k math.is_finite math.is_inf math.is_nan math.less math.less_equal math.lgamma
      math.log1p math.log:9 math.log_sigmoid math.logical_and math.logical_not math.logical_or
      math.logical_xor math.maximum math.minimum math.multiply math.multiply_no_nan math.ndtri
      math.negative math.nextafter math.not_equal math.polygamma math.pow math.real
      math.reciprocal math.reduce_all math.reduce_any math.reduce_euclidean_norm
      math.reduce_logsumexp math.reduce_max:2 math.reduce_mean math.reduce_min math.reduce_prod
      math.reduce_std math.reduce_sum math.reduce_variance math.rint math.round:2 math.rsqrt
      math.segment_max math.segment_mean math.segment_min math.segment_prod math.segment_sum
      math.sigmoid math.sign math.sin math.sinh math.sobol_sample math.softplus math.softsign
      math.special math.special.bessel_i0 math.special.bessel_i0e math.special.bessel_i1
      math.special.bessel_i1e math.special.bessel_j0 math.special.bessel_j1 math.special.bessel_k0
      math.special.bessel_k0e math.special.bessel_k1 math.special.bessel_k1e
      math.special.bessel_y0 math.special.bessel_y1 math.special.dawsn math.special.expint
      math.special.fresnel_cos math.special.fresnel_sin math.special.spence math.sqrt math.square
      math.squared_difference math.subtract math.tan math.tanh math.top_k math.truediv
      math.unsorted_segment_max math.unsorted_segment_min math.unsorted_segment_sum math.xdivy
      math.xlog1py math.xlogy math.zeta matmul:500 matrix_band_part:5 matrix_determinant
      matrix_diag matrix_diag_part matrix_inverse:2 matrix_set_diag matrix_solve maximum:124
      meshgrid:2 minimum:82 mod:19 model_variables:5 moving_average_variables multinomial:16
      multiply:88 name_scope:323 negative:6 nn nn.avg_pool2d nn.avg_pool3d nn.avg_pool:18
      nn.batch_normalization:11 nn.bias_add:44 nn.bidirectional_dynamic_rnn:7 nn.conv1d:12
      nn.conv2d:100 nn.conv2d_transpose:12 nn.conv3d nn.conv3d_transpose nn.ctc_loss:3
      nn.deconv2d:2 nn.depthwise_conv2d:6 nn.dilation2d nn.dropout:180 nn.dynamic_rnn:49 nn.elu:15
      nn.embedding_lookup:19 nn.fractional_avg_pool nn.fractional_max_pool nn.fused_batch_norm
      nn.in_top_k:8 nn.l2_loss:30 nn.l2_normalize:20 nn.leaky_relu:45
      nn.local_response_normalization nn.log_poisson_loss nn.log_softmax:20 nn.max_pool2d
      nn.max_pool3d nn.max_pool:41 nn.max_pool_with_argmax nn.moments:33 nn.nce_loss
      nn.normalize_moments nn.raw_rnn nn.relu6:2 nn.relu:551 nn.relu_layer nn.rnn_cell
      nn.rnn_cell.BasicLSTMCell:4 nn.rnn_cell.BasicRNNCell nn.rnn_cell.DeviceWrapper
      nn.rnn_cell.DropoutWrapper:6 nn.rnn_cell.GRUCell nn.rnn_cell.LSTMCell:20
      nn.rnn_cell.LSTMStateTuple:16 nn.rnn_cell.MultiRNNCell:9 nn.rnn_cell.RNNCell:4
      nn.rnn_cell.ResidualWrapper nn.sampled_softmax_loss nn.selu nn.separable_conv2d
      nn.sigmoid:106 nn.sigmoid_cross_entropy_with_logits:30 nn.silu nn.softmax:187
      nn.softmax_cross_entropy_with_logits:70 nn.softmax_cross_entropy_with_logits_v2:12
      nn.softplus:101 nn.softsign nn.sparse_softmax_cross_entropy_with_logits:84
      nn.static_bidirectional_rnn nn.static_rnn:6 nn.static_state_saving_rnn
      nn.sufficient_statistics nn.swish nn.tanh:48 nn.top_k:23
      nn.weighted_cross_entropy_with_logits:2 nn.weighted_moments nn.xw_plus_b:4
      nn.zero_fraction:3 no_op:50 no_regularizer norm:67 not_equal:35 numpy_function one_hot:150
      ones:311 ones_initializer:20 ones_like:40 pad:164 parse_example parse_single_example:17
      parse_single_sequence_example:2 parse_tensor placeholder:733 placeholder_with_default:18
      polygamma pow:66 py_func:54 py_function python_io python_io.TFRecordOptions:7
      python_io.TFRecordWriter:19 python_io.tf_record_iterator:20 qint16 qint32 qint8 quantization
      quantization.dequantize quantization.fake_quant_with_min_max_args
      quantization.fake_quant_with_min_max_vars
      quantization.fake_quant_with_min_max_vars_per_channel quantization.quantize
      quantization.quantize_and_dequantize_v2 queue queue.FIFOQueue queue.PaddingFIFOQueue
      queue.PriorityQueue queue.RandomShuffleQueue quint16 quint8 random
      random.all_candidate_sampler random.categorical random.fixed_unigram_candidate_sampler
      random.gamma random.learned_unigram_candidate_sampler random.log_uniform_candidate_sampler
      random.normal:9 random.poisson random.shuffle:5 random.stateless_normal
      random.stateless_truncated_normal random.stateless_uniform random.truncated_normal
      random.uniform:20 random.uniform_candidate_sampler random_crop:10 random_gamma
      random_normal:504 random_normal_initializer:77 random_shuffle random_uniform:226
      random_uniform_initializer:12 range:116 rank:11 read_file:11 real realdiv reciprocal
      reduce_all:17 reduce_any:11 reduce_join reduce_logsumexp:11 reduce_max:72 reduce_mean:930
      reduce_min:14 reduce_prod:14 reduce_sum:597 regex_replace report_uninitialized_variables:4
      reset_default_graph:22 reshape:1315 resource resource_variables_enabled reverse:15
      reverse_sequence rint roll:3 round:12 rsqrt:26 saturate_cast saved_model
      saved_model.contains_saved_model saved_model.load saved_model.signature_constants
      saved_model.tag_constants scan:25 scatter_add scatter_div scatter_mul scatter_nd:5
      scatter_nd_add scatter_nd_update scatter_sub:2 scatter_update:19 searchsorted segment_max
      segment_mean segment_min segment_prod segment_sum sequence_mask:18 serialize_tensor
      set_random_seed:93 sets sets.difference sets.intersection sets.size sets.union shape:434
      shape_n sigmoid:84 sign:10 signal signal.fft signal.fft2d signal.fft3d signal.frame
      signal.hamming_window signal.hann_window signal.ifft signal.ifft2d signal.ifft3d
      signal.irfft signal.linear_to_mel_weight_matrix:3 signal.rfft signal.stft:4 sin:9 sinh
      size:38 slice:159 space_to_batch_nd space_to_depth sparse sparse.add sparse.concat
      sparse.fill_empty_rows sparse.from_dense sparse.maximum sparse.minimum sparse.reduce_max
      sparse.reduce_sum sparse.reorder sparse.reshape sparse.slice sparse.softmax
      sparse.sparse_dense_matmul sparse.split sparse.to_dense sparse_placeholder
      sparse_tensor_dense_matmul:2 split:129 sqrt:115 square:229 squared_difference:31 squeeze:239
      stack:168 stop_gradient:121 strided_slice:4 string:162 string_join string_split:5
      string_strip string_to_hash_bucket string_to_hash_bucket_fast string_to_hash_bucket_strong
      string_to_number strings strings.as_string strings.bytes_split strings.format strings.join
      strings.length strings.lower strings.ngrams strings.reduce_join strings.regex_full_match
      strings.regex_replace strings.split strings.strip strings.substr strings.to_hash_bucket
      strings.to_hash_bucket_fast strings.to_hash_bucket_strong strings.to_number
      strings.unicode_decode strings.unicode_encode strings.unicode_script strings.unicode_split
      strings.unicode_transcode strings.unsorted_segment_join strings.upper sub:4 substr
      subtract:25 summary summary.FileWriter:50 summary.audio summary.histogram:129
      summary.image:90 summary.merge:16 summary.merge_all:28 summary.scalar:248 summary.text:5
      switch_case tables_initializer:12 tan tanh:71 tensor_scatter_nd_add tensor_scatter_nd_max
      tensor_scatter_nd_min tensor_scatter_nd_sub tensor_scatter_nd_update tensordot:14 tile:123
      to_double to_float:348 to_int32:141 to_int64:42 train train.AdadeltaOptimizer:5
      train.AdagradOptimizer:8 train.AdamOptimizer:172 train.BytesList:30
      train.CheckpointSaverHook train.ChiefSessionCreator train.ClusterSpec train.Coordinator:18
      train.Example:63 train.Feature:67 train.FeatureList:3 train.FeatureLists:9 train.Features:46
      train.FeedFnHook train.FinalOpsHook train.FloatList:16 train.GlobalStepWaiterHook
      train.GradientDescentOptimizer:88 train.Int64List:20 train.LoggingTensorHook
      train.LooperThread train.MomentumOptimizer:20 train.MonitoredSession:6
      train.MonitoredTrainingSession:6 train.NanLossDuringTrainingError train.NanTensorHook
      train.ProfilerHook train.QueueRunner:4 train.RMSPropOptimizer:22 train.Scaffold:11
      train.SecondOrStepTimer train.SequenceExample:18 train.Server:9 train.SessionCreator
      train.SessionManager train.SessionRunArgs:10 train.SessionRunContext train.SessionRunHook:13
      train.SessionRunValues train.SingularMonitoredSession train.StepCounterHook
      train.StopAtStepHook train.SummarySaverHook train.Supervisor:3 train.WorkerSessionCreator
      train.add_queue_runner train.batch:14 train.batch_join:7 train.checkpoint_exists
      train.get_checkpoint_state:15 train.input_producer:2 train.latest_checkpoint:50
      train.limit_epochs train.list_variables:4 train.load_checkpoint train.load_variable
      train.maybe_batch train.maybe_batch_join train.maybe_shuffle_batch
      train.maybe_shuffle_batch_join train.queue_runner train.queue_runner.QueueRunner:4
      train.queue_runner.add_queue_runner:4 train.queue_runner.start_queue_runners
      train.range_input_producer:2 train.remove_checkpoint train.replica_device_setter:23
      train.shuffle_batch:5 train.shuffle_batch_join train.slice_input_producer:6
      train.start_queue_runners:24 train.string_input_producer:15 trainable_variables:104
      transpose:291 truediv truncated_normal:42 truncated_normal_initializer:49 truncatediv
      truncatemod tuple uint16 uint32 uint64 uint8:69 unique unique_with_counts
      unsorted_segment_max unsorted_segment_min unsorted_segment_sum unstack:91
      variable_scope:1264 variables_initializer:14 variance_scaling_initializer:8 variant version
      where:132 while_loop:34 write_file zeros:569 zeros_initializer:71 zeros_like:91 zeta
    """
}
