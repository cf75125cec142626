"use strict";

// Every setting is in this file: Swagger UI takes none from the page's address unless it is told to.
addEventListener("DOMContentLoaded", () => {
  const place = document.getElementById("api");
  SwaggerUIBundle({
    domNode: place,
    url: place.dataset.description,
    validatorUrl: null, // the description is not sent to a validator elsewhere
    persistAuthorization: false, // a token lasts as long as the page is open
    deepLinking: true,
    displayRequestDuration: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0, // there are hundreds of events: one click shows them
    defaultModelExpandDepth: 1,
  });
});
