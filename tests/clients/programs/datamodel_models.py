"""Generate pydantic models from contracts and validate bodies with them.

`datamodel_models.py BODIES`: a file with a list of {document, model, body}; the modules are written
beside the documents.
"""

import importlib
import json
import sys
from pathlib import Path

from datamodel_code_generator.__main__ import main

rows = json.loads(Path(sys.argv[1]).read_text("utf-8"))
results = []
for row in rows:
    document = Path(row["document"])
    module = document.with_name(f"{document.stem.replace('-', '_')}_models.py")
    options = ["--input-file-type", "openapi", "--output-model-type", "pydantic_v2.BaseModel"]
    options += ["--formatters", "builtin", "--input", str(document), "--output", str(module)]
    code = main(options)
    sys.path.insert(0, str(document.parent))
    model = getattr(importlib.import_module(module.stem), row["model"])
    read = model.model_validate(row["body"])
    sent = read.model_dump(mode="json", by_alias=True, exclude_unset=True)
    results.append({"code": int(code), "body": sent})
print(json.dumps({"results": results}))
