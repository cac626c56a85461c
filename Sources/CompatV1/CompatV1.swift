@_exported public import Compat
