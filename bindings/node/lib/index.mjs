// The package for import: the same objects that require() returns.
import { createRequire } from "node:module";

// Not `import`: if a CommonJS module throws there, Node.js 20 exits even if the program catches it.
const aura = createRequire(import.meta.url)("./index.cjs");

export const {
  ApiError,
  AuditLog,
  AuditLogs,
  AuraError,
  AuthenticationError,
  CancelledError,
  Client,
  ConnectError,
  DecodeError,
  InternalError,
  InvalidArgumentError,
  NotFoundError,
  OtpInvalidError,
  OtpRequiredError,
  PermissionDeniedError,
  RateLimitError,
  ServerError,
  TimeoutError,
  TlsError,
  UnsupportedError,
  User,
  ValidationError,
  createUser,
  getCurrentUser,
  getUser,
  libraryPath,
  libraryVersion,
  resetUserPassword,
  setLogger,
  streamAuditLogs,
  version,
} = aura;
