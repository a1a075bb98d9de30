// Node's http, with the URL of the request read as its documentation shows it.
const http = require("http");

const [address, port] = process.argv.slice(2);
http
  .createServer((request, response) => {
    const said = [];
    try {
      const url = new URL(request.url, `http://${request.headers.host}`);
      if (url.pathname === "/admin") said.push("reached admin");
    } catch {
      said.push("no url");
    }
    try {
      const url = new URL(`http://${request.headers.host}`);
      if (url.hostname === "evil.example") said.push("reached host");
    } catch {
      said.push("no host");
    }
    response.end(said.join(", "));
  })
  .listen(Number(port), address);
