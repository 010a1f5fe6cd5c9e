"""A script for each failure: it needs Python alone, and exits 1 where the failure shows, 0 where it is gone."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from specdouble.verify.report import replay
from specdouble.whole_files import write_whole

_HEAD = '''#!/usr/bin/env python3
"""{rule}

{promise}

    python3 {name} [URL]

plays the requests of this failure on the server at URL (unless told: {url}), and exits with
1 where the failure shows, 0 where it is gone, 2 where a secret is missing, 3 where it cannot be played.
It creates documents there. Python 3.9 or newer, and nothing else, is needed.{secrets}
"""
'''
_TAIL = """

FAILURE = json.loads(r'''
{data}
''')

if __name__ == "__main__":
    sys.exit(played(FAILURE, sys.argv[1] if len(sys.argv) > 1 else "", os.environ))
"""
# What of the package the script needs stands in it.
_IMPORTED = re.compile(r"^from (specdouble\.\S+) import .+\n", re.MULTILINE)


def write_scripts(folder: Path, failures: list[dict[str, Any]]) -> list[Path]:
    """Write a script for each failure, and take away those of an earlier run.

    Raises:
        OSError: a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("[0-9a-f]" * 10 + ".py"):
        old.unlink()
    written = []
    for failure in failures:
        path = folder / f"{failure['id']}.py"
        write_whole(path, script(failure))
        path.chmod(0o755)
        written.append(path)
    return written


def script(failure: Mapping[str, Any]) -> str:
    """The script of a failure.

    Args:
        failure: as the JSON report has it.
    """
    told = failure["replay"]["secrets"]
    names = [f"{name}: {one['what']}" for name, one in told.items()]
    secrets = "\n\nIt takes from the environment\n" + "\n".join(f"    {text}" for text in names) if names else ""
    head = _HEAD.format(
        rule=_quiet(failure["rule"]),
        promise=_quiet(failure["promise"]),
        name=f"{failure['id']}.py",
        url=_quiet(failure["replay"]["url"]),
        secrets=_quiet(secrets),
    )
    program = _program(replay).replace("import json\n", "import json\nimport os\n", 1)
    program = program.replace("import subprocess\n", "import subprocess\nimport sys\n", 1)
    program = _IMPORTED.sub(lambda found: _program(import_module(found[1])), program)
    # ASCII, and without the quotation mark that ends the text.
    data = json.dumps(failure, indent=1).replace("'", "\\u0027")
    return head + "\nfrom __future__ import annotations\n" + program + _TAIL.format(data=data)


def _program(module: ModuleType) -> str:
    """The text of a module below its docstring; it needs the standard library alone."""
    text = Path(str(module.__file__)).read_text(encoding="utf-8")
    return text.partition("from __future__ import annotations\n")[2]


def _quiet(text: str) -> str:
    """A text that ends no docstring, and holds nothing that Python reads in one."""
    return text.encode("ascii", "backslashreplace").decode().replace("\\", "/").replace('"""', "'''")
