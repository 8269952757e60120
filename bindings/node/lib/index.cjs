// The package for require(). index.mjs has the same exports for import.
"use strict";

const library = require("./library.cjs");
const { classes } = require("./errors.cjs");
const { setLogger } = require("./log.cjs");
const { AuditLog, User } = require("./records.cjs");
const { AuditLogs } = require("./stream.cjs");
const { Client, functions } = require("./client.cjs");

exports.Client = Client;
exports.createUser = functions.createUser;
exports.getCurrentUser = functions.getCurrentUser;
exports.getUser = functions.getUser;
exports.resetUserPassword = functions.resetUserPassword;
exports.streamAuditLogs = functions.streamAuditLogs;
exports.AuditLog = AuditLog;
exports.AuditLogs = AuditLogs;
exports.User = User;
for (const [name, value] of Object.entries(classes)) exports[name] = value;
exports.setLogger = setLogger;
exports.version = require("../package.json").version;
exports.libraryVersion = library.version;
exports.libraryPath = library.path;
