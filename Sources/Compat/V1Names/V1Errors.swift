public import CoreOps
public import V1Graph

/// `tf.errors`: kinds of errors as patterns of a `catch`.
///
///     do { … } catch tf.errors.OutOfRangeError { … }
public enum ErrorsAPI {
  public static let CancelledError = TFError.Code.cancelled
  public static let UnknownError = TFError.Code.unknown
  public static let InvalidArgumentError = TFError.Code.invalidArgument
  public static let DeadlineExceededError = TFError.Code.deadlineExceeded
  public static let NotFoundError = TFError.Code.notFound
  public static let AlreadyExistsError = TFError.Code.alreadyExists
  public static let PermissionDeniedError = TFError.Code.permissionDenied
  public static let ResourceExhaustedError = TFError.Code.resourceExhausted
  public static let FailedPreconditionError = TFError.Code.failedPrecondition
  public static let AbortedError = TFError.Code.aborted
  public static let OutOfRangeError = TFError.Code.outOfRange
  public static let UnimplementedError = TFError.Code.unimplemented
  public static let InternalError = TFError.Code.internal
  public static let UnavailableError = TFError.Code.unavailable
  public static let DataLossError = TFError.Code.dataLoss
}

/// Whether an error is of that kind, for `catch tf.errors.OutOfRangeError`.
public func ~= (code: TFError.Code, error: any Error) -> Bool {
  (error as? TFError)?.code == code
}

extension SharedAPI {
  public typealias errors = ErrorsAPI
}

extension V1API {
  /// The release of TensorFlow whose functions these are. Follows `tf.__version__`.
  public static var version: String { "2.21.0" }
}

extension V1SavedModel {
  /// `tf.saved_model.signature_constants`.
  public enum signatureConstants {
    public static let defaultServingSignatureDefKey = "serving_default"
    public static let predictMethodName = "tensorflow/serving/predict"
    public static let classifyMethodName = "tensorflow/serving/classify"
    public static let regressMethodName = "tensorflow/serving/regress"
    public static let predictInputs = "inputs"
    public static let predictOutputs = "outputs"
    public static let classifyInputs = "inputs"
    public static let classifyOutputClasses = "classes"
    public static let classifyOutputScores = "scores"
    public static let regressInputs = "inputs"
    public static let regressOutputs = "outputs"
  }

  /// `tf.saved_model.tag_constants`.
  public enum tagConstants {
    public static let serving = "serve"
    public static let training = "train"
    public static let gpu = "gpu"
    public static let tpu = "tpu"
  }
}
