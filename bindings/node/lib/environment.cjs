// The variables that a client reads.
"use strict";

const { options: table } = require("./generated.cjs");

const HTTP_PROXY = ["http_proxy", "HTTP_PROXY"];
const HTTPS_PROXY = ["https_proxy", "HTTPS_PROXY"];
const ALL_PROXY = ["all_proxy", "ALL_PROXY"];
const CGI = "REQUEST_METHOD";
const CI = "CI";

/** All variables that a new client reads. */
const variables = [
  ...Object.values(table).flatMap((option) => option.environment),
  ...[...HTTP_PROXY, ...HTTPS_PROXY, ...ALL_PROXY, CGI, CI, "HEX_UNSAFE_HTTPS"],
];

module.exports = { variables };
