"""Runs EPANET 2.3 (PyPI owa-epanet) on the networks of the PyPI package wntr and on the models named.

reference.py FOLDER [MODEL.inp[.gz]...]: writes NAME.inp (accuracy tightened as far as EPANET lets it) and,
    where EPANET solves it, NAME.out into FOLDER, and list.txt with EPANET's code and the name of each.
reference.py --spread FOLDER [NAME...]: solves these thrice more: with their junctions and pipes listed
    backwards (NAME~listed.out) and with all demands higher and lower by 5e-6 (NAME~higher.out,
    NAME~lower.out): what EPANET itself makes of changes far below its accuracy.
reference.py --plain FOLDER SUPPLY: writes Net6 and SUPPLY's L-TOWN into FOLDER as they are.
What is there already is kept.
"""
import ctypes, gzip, importlib.util, os, pathlib, re, sys

# EPANET takes no ACCURACY below 1e-5; HEADERROR (in the file's units) bounds what that leaves.
TIGHT = [" ACCURACY 0.00001", " HEADERROR 0.0005", " TRIALS 200"]
DROPPED = ("ACCURACY", "HEADERROR", "FLOWCHANGE", "TRIALS")


def package(name):
    # Found without importing it: what wntr itself needs is large and not needed here.
    return pathlib.Path(importlib.util.find_spec(name).submodule_search_locations[0])


def sections(text):
    """Every line with the first four letters of the section it stands in; a heading opens its own."""
    section = ""
    for line in text.splitlines():
        heading = line.strip().startswith("[")
        if heading:
            section = line.strip().upper()[1:5]
        yield section, heading, line


def tightened(text):
    lines, done = [], False
    for section, heading, line in sections(text):
        words = line.upper().split()
        if section == "REPO" or (section == "OPTI" and words and words[0] in DROPPED):
            continue
        lines.append(line)
        if heading and section == "OPTI" and not done:
            done = True
            lines += TIGHT
    if not done:
        lines = ["[OPTIONS]", *TIGHT, *lines]
    return "\n".join(lines) + "\n"


def listed_backwards(text):
    lines, held = [], []
    for section, heading, line in sections(text):
        if section in ("JUNC", "PIPE") and not heading:
            held.append(line)
            continue
        lines += reversed(held)
        held = []
        lines.append(line)
    return "\n".join(lines + held[::-1]) + "\n"


def scaled_demands(text, scale):
    lines, factor = [], 1.0
    for section, heading, line in sections(text):
        words = line.upper().split()
        if section == "OPTI" and words[:2] == ["DEMAND", "MULTIPLIER"]:
            factor = float(words[2])
        elif section != "END]":
            lines.append(line)
    return "\n".join([*lines, "[OPTIONS]", f" DEMAND MULTIPLIER {factor * scale:.9f}"]) + "\n"


CHANGES = {
    "listed": listed_backwards,
    "higher": lambda text: scaled_demands(text, 1.000005),
    "lower": lambda text: scaled_demands(text, 0.999995),
}


def solve(library, inp):
    """EPANET's code: 0, or 1 to 6 for warnings, or an error from 101 on."""
    project = ctypes.c_void_p()
    library.EN_createproject(ctypes.byref(project))
    files = [str(inp.with_suffix(s)).encode() for s in (".inp", ".rpt", ".out")]
    code = library.EN_runproject(project, *files, None)
    library.EN_deleteproject(project)
    inp.with_suffix(".rpt").unlink(missing_ok=True)
    if code > 100:
        inp.with_suffix(".out").unlink(missing_ok=True)
    return code


def all_networks(library, folder, models):
    index = folder / "list.txt"
    said = dict(reversed(row.split(" ", 1)) for row in index.read_text().splitlines()) if index.exists() else {}
    for path in sorted(package("wntr").rglob("*.inp")) + models:
        raw = path.read_bytes()
        name = re.sub(r"\.inp(\.gz)?$", "", path.name, flags=re.I)
        inp = folder / f"{name}.inp"
        text = tightened((gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("latin-1"))
        if name in said and inp.exists() and inp.read_bytes() == text.encode("latin-1"):
            continue
        for old in folder.glob(f"{name}~*"):
            old.unlink()
        inp.write_bytes(text.encode("latin-1"))
        said[name] = str(solve(library, inp))
    index.write_text("".join(f"{code} {name}\n" for name, code in said.items()))


def spread(library, folder, names):
    for name in names:
        text = (folder / f"{name}.inp").read_bytes().decode("latin-1")
        for kind, changed in CHANGES.items():
            inp = folder / f"{name}~{kind}.inp"
            if not inp.with_suffix(".out").exists():
                inp.write_bytes(changed(text).encode("latin-1"))
                solve(library, inp)


def plain(folder, supply):
    """Two networks as they are, for the benchmark of speed."""
    net6 = package("wntr") / "library/networks/Net6.inp"
    (folder / "Net6.inp").write_bytes(net6.read_bytes())
    ltown = supply / "L-TOWN.inp.gz"
    if ltown.exists():
        (folder / "L-TOWN.inp").write_bytes(gzip.decompress(ltown.read_bytes()))


def main():
    if sys.argv[1] == "--plain":
        return plain(pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]))
    library = ctypes.CDLL(str(package("epanet") / "libepanet2.so"))
    asked = sys.argv[1:]
    again = asked[0] == "--spread"
    folder, rest = asked[1 if again else 0], asked[2 if again else 1:]
    folder = pathlib.Path(folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    rest = rest if again else [pathlib.Path(model).resolve() for model in rest]
    os.chdir(folder)  # EPANET leaves files of its own where it runs
    (spread if again else all_networks)(library, folder, rest)


main()
