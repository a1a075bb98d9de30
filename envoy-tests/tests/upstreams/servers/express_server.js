// Express as it comes.
const express = require("express");

const [address, port] = process.argv.slice(2);
const app = express();
app.get("/admin", (_request, response) => response.send("reached admin"));
app.use("/private", (_request, response) => response.send("reached private"));
app.get("/item/:name", (request, response) => response.send(`reached item ${request.params.name}`));
app.use((request, response) => response.status(404).send(`other ${request.path}`));
app.listen(Number(port), address);
