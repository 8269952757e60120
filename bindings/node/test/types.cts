// The same types for CommonJS.

import aura = require("aura-users");

const client = new aura.Client();
client.getUser("eric").then((user: aura.User) => console.log(user.username));
