#!/usr/bin/env python3
"""Writes EPANET's own report for the networks below: `reports/NAME.inp` and `NAME.rpt` (`NAME.second.rpt`
where `[REPORT]` names a second file), times of day replaced by `#`.

    python3 reports.py    with EPANET 2.3 of the PyPI package owa-epanet (module `epanet`)
"""
import ctypes, importlib.util, os, pathlib, re, tempfile

HERE = pathlib.Path(__file__).parent
ALL = "NODES ALL\nLINKS ALL\n"
DAY = r"\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}"


def model(name, report, *changes):
    text = (HERE / f"{name}.inp").read_text(encoding="utf-8")
    for before, after in changes:
        if before not in text:
            raise SystemExit(f"{name} has no {before!r}")
        text = text.replace(before, after)
    return text.replace("[END]", f"[REPORT]\n{report}[END]")


SELDOM = ("REPORT TIMESTEP 1:00", "REPORT TIMESTEP 16:00")
SHORT = ("DURATION 48:00", "DURATION 6:00")
CASES = {
    "full": model("rules", "STATUS FULL\nENERGY YES\n" + ALL, SELDOM),
    "pages": model("timed", "PAGESIZE 40\nSTATUS YES\nENERGY YES\nNODES A T\nNODES C\nLINKS 8 P 1\nELEVATION YES\n"
                   "VELOCITY PRECISION 4\nHEADLOSS NO\nF-FACTOR YES\nLENGTH YES\nDIAMETER YES\nSTATE YES\nSETTING YES\n"),
    "limits": model("hazen", "STATUS NO\nPRESSURE ABOVE 45\nDEMAND BELOW 12.5\nFLOW ABOVE 5\nSUMMARY YES\n" + ALL, SELDOM),
    "chlorine": model("walls", "STATUS YES\nREACTION YES\nNODES ALL\nLINKS 3 4 8\n", SELDOM),
    "age": model("age", "STATUS YES\nNODES ALL\nQUALITY PRECISION 3\n", SELDOM),
    "trace": model("trace", "NODES ALL\nLINKS NONE\n", SELDOM),
    "mean": model("energy", "ENERGY YES\n" + ALL, ("[TIMES]", "[TIMES]\nSTATISTIC AVERAGE"), ("GLOBAL PRICE", "DEMAND CHARGE 2.5\nGLOBAL PRICE")),
    "range": model("timed", "SUMMARY NO\nENERGY YES\n" + ALL, ("[TIMES]", "[TIMES]\nSTATISTIC RANGE")),
    "pressure_driven": model("pressure_driven", "STATUS YES\nNODES F\n", SELDOM),
    "leaks": model("leakage", "STATUS YES\nLINKS ALL\n", SELDOM),
    "emitters": model("emitters", "STATUS FULL\n", SHORT),
    "overflow": model("overflow", "STATUS YES\n"),
    "valves": model("prv", "STATUS FULL\nLINKS V\nSTATE YES\nSETTING YES\n", SHORT),
    "flow_control": model("fcv", "STATUS FULL\n", SHORT, ("FCV 9", "FCV 60")),
    "check_valve": model("check_valve", "STATUS YES\n"),
    "cut_off": model("hazen", "STATUS YES\nNODES ALL\n", SHORT, ("3 C D 700 200 100 0", "3 C D 700 200 100 0 CLOSED"),
                     ("4 D A 900 250 110 2", "4 D A 900 250 110 2 CLOSED"), ("6 D F 650 200 100 0", "6 D F 650 200 100 0 CLOSED")),
    "negative": model("hazen", "STATUS NO\n", SHORT, ("F 20 8 day", "F 120 8 day"), ("lift 100 60", "lift 30 60")),
    "silent": model("hazen", "STATUS NO\nMESSAGES NO\nSUMMARY NO\n", SHORT, ("F 20 8 day", "F 120 8 day")),
    "halted": model("prv", "STATUS YES\n", SHORT, ("TRIALS 200", "TRIALS 2"), ("UNBALANCED CONTINUE 10", "UNBALANCED STOP")),
    "unbalanced": model("prv", "STATUS YES\n", SHORT, ("TRIALS 200", "TRIALS 2"), ("UNBALANCED CONTINUE 10", "UNBALANCED CONTINUE 1")),
    "minutes": model("cubic_metres", "STATUS YES\n" + ALL, SHORT, ("HYDRAULIC TIMESTEP 1:00", "HYDRAULIC TIMESTEP 0:10"),
                     ("REPORT TIMESTEP 1:00", "REPORT TIMESTEP 3:00"), ("ACCURACY 0.00001", "ACCURACY 0.00001\nVISCOSITY 1.2\nSPECIFIC GRAVITY 0.98")),
    "second_file": model("hazen", "STATUS YES\nFILE second\nENERGY YES\n" + ALL, SHORT),
    "moment": model("hazen", "STATUS YES\n" + ALL, ("DURATION 48:00", "DURATION 0")),
    "names": model("names", "STATUS YES\nNODES ALL\n", SHORT),
}


def solve(library, text):
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        pathlib.Path("model.inp").write_text(text, encoding="utf-8")
        project = ctypes.c_void_p()
        library.EN_createproject(ctypes.byref(project))
        code = library.EN_runproject(project, b"model.inp", b"rpt", b"out", None)
        library.EN_deleteproject(project)
        if code > 100:
            raise SystemExit(f"EPANET's error {code}")
        second = pathlib.Path("second")
        files = [pathlib.Path("rpt").read_bytes(), second.read_bytes() if second.exists() else None]
        os.chdir("/")
        return [re.sub(DAY, "#", f.decode("utf-8")) if f else None for f in files]


def main():
    folder = pathlib.Path(importlib.util.find_spec("epanet").submodule_search_locations[0])
    library = ctypes.CDLL(str(folder / "libepanet2.so"))
    out = (HERE / "reports").resolve()
    out.mkdir(exist_ok=True)
    for name, text in CASES.items():
        first, second = solve(library, text)
        (out / f"{name}.inp").write_text(text, encoding="utf-8")
        (out / f"{name}.rpt").write_text(first, encoding="utf-8", newline="")
        if second:
            (out / f"{name}.second.rpt").write_text(second, encoding="utf-8", newline="")


main()
