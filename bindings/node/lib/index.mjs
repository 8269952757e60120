// The package for import: the very objects that require() gives.
import { createRequire } from "node:module";

// Not `import`: Node.js 20 ends the program if a CommonJS module throws there, though it is caught.
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
