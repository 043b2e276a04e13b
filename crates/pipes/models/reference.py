#!/usr/bin/env python3
"""Writes the small networks of this folder and EPANET's figures for them.

    EPANET=/path/to/runepanet python3 reference.py

`runepanet` is the command of EPANET 2.3 (https://github.com/OpenWaterAnalytics/EPANET, MIT).
Networks are `NAME.inp`; the figures of every sixth report period stand in `figures.json`:
heads and qualities by node, flows by link, in the units of the file.
"""
import json, os, pathlib, struct, subprocess, tempfile

HERE = pathlib.Path(__file__).parent

NODES = """[JUNCTIONS]
A 10 0
B 12 20 day
C 8 15 day
D 15 25 night
E 5 10
F 20 8 day
[RESERVOIRS]
R 30
[TANKS]
T 55 4 1 8 18 0
"""
PIPES = """[PIPES]
1 A B 800 300 110 0
2 B C 600 250 105 0.5
3 C D 700 200 100 0
4 D A 900 250 110 2
5 C E 500 150 95 0
6 D F 650 200 100 0
7 B T 400 300 120 0
8 E F 1000 150 90 0
"""
PUMP = "[PUMPS]\nP R A HEAD lift\n"
CURVES = "[CURVES]\nlift 100 60\n"
PATTERNS = "[PATTERNS]\nday 0.6 0.5 0.7 1.2 1.5 1.3 1.1 1.0 1.4 1.6 1.0 0.7\nnight 1.4 1.5 1.0 0.6\n"
TIMES = "[TIMES]\nDURATION 48:00\nHYDRAULIC TIMESTEP 1:00\nPATTERN TIMESTEP 2:00\nREPORT TIMESTEP 1:00\nQUALITY TIMESTEP 0:05\n"
CONTROLS = "[CONTROLS]\nLINK P CLOSED IF NODE T ABOVE 7\nLINK P OPEN IF NODE T BELOW 2.5\n"

def options(units="LPS", loss="H-W", more=""):
    return f"[OPTIONS]\nUNITS {units}\nHEADLOSS {loss}\nACCURACY 0.00001\nHEADERROR 0.0001\nTRIALS 200\nUNBALANCED CONTINUE 10\n{more}\n"

def net(nodes=NODES, pipes=PIPES, pump=PUMP, curves=CURVES, controls=CONTROLS, opts=None, more="", times=TIMES):
    return "[TITLE]\nwritten for Zhizhen\n" + nodes + pipes + pump + more + curves + PATTERNS + controls + times + (opts or options()) + "[END]\n"

def valve(kind, setting, more="", node="E"):
    """The pipe C-E with a valve in its middle."""
    nodes = NODES.replace("[RESERVOIRS]", "V1 6 0\nV2 6 0\n[RESERVOIRS]")
    pipes = PIPES.replace("5 C E 500 150 95 0", "5 C V1 250 150 95 0\n5b V2 E 250 150 95 0")
    return net(nodes, pipes, more=f"[VALVES]\nV V1 V2 150 {kind} {setting}\n{more}")

CL2 = "QUALITY Chlorine mg/L\nTOLERANCE 0.001\n"
REACT = "[QUALITY]\nR 1.0\nT 0.5\n[REACTIONS]\nGLOBAL BULK -0.5\n"

MODELS = {
    "hazen": net(),
    "darcy": net(pipes=PIPES.replace(" 110 ", " 0.3 ").replace(" 105 ", " 0.4 ").replace(" 100 ", " 0.5 ").replace(" 95 ", " 0.6 ").replace(" 120 ", " 0.2 ").replace(" 90 ", " 0.7 "), opts=options(loss="D-W")),
    "manning": net(pipes=PIPES.replace(" 110 ", " 0.012 ").replace(" 105 ", " 0.0125 ").replace(" 100 ", " 0.013 ").replace(" 95 ", " 0.0135 ").replace(" 120 ", " 0.011 ").replace(" 90 ", " 0.014 "), opts=options(loss="C-M")),
    "us_gpm": net(nodes=NODES.replace("R 30", "R 90"), opts=options("GPM")),
    "cubic_metres": net(nodes=NODES, opts=options("CMH"), curves="[CURVES]\nlift 300 60\n"),
    "three_points": net(curves="[CURVES]\nlift 0 80\nlift 100 60\nlift 180 20\n"),
    "many_points": net(curves="[CURVES]\nlift 0 80\nlift 50 75\nlift 100 62\nlift 150 40\nlift 200 10\n"),
    "power_us": net(opts=options("GPM"), pump="[PUMPS]\nP R A POWER 15\n", nodes=NODES.replace("R 30", "R 50")),
    "speed_pattern": net(pump="[PUMPS]\nP R A HEAD lift PATTERN run\n", controls="", more="", curves=CURVES + "[PATTERNS]\nrun 1 1.05 0.9 1 0.95 1\n"),
    "energy": net(more="[ENERGY]\nGLOBAL PRICE 0.12\nGLOBAL PATTERN night\nPUMP P EFFIC eff\n", curves=CURVES + "eff 0 20\neff 60 70\neff 120 80\neff 200 60\n"),
    "check_valve": net(pipes=PIPES.replace("4 D A 900 250 110 2", "4 D A 900 250 110 2 CV")),
    "prv": valve("PRV", 30), "psv": valve("PSV", 45), "pbv": valve("PBV", 8), "fcv": valve("FCV", 9),
    "tcv": valve("TCV", 60), "gpv": valve("GPV", "loss", "[CURVES]\nloss 0 0\nloss 5 2\nloss 20 12\n"),
    "pcv": valve("PCV", "40 12 open", "[CURVES]\nopen 0 0\nopen 30 10\nopen 60 40\nopen 100 100\n"),
    "emitters": net(more="[EMITTERS]\nE 0.8\nF 0.4\n"),
    "leakage": net(more="[LEAKAGE]\n1 2 0.05\n3 4 0.1\n6 0 0.2\n"),
    "pressure_driven": net(nodes=NODES.replace("F 20 8 day", "F 52 8 day"), opts=options(more="DEMAND MODEL PDA\nMINIMUM PRESSURE 2\nREQUIRED PRESSURE 20\nPRESSURE EXPONENT 0.5\n")),
    "categories": net(more="[DEMANDS]\nB 12 day ;homes\nB 6 night ;works\nB 2 ;leaks\nE 5 night\n"),
    "volume_curve": net(nodes=NODES.replace("T 55 4 1 8 18 0", "T 55 4 1 8 18 0 tank"), curves=CURVES + "tank 0 0\ntank 2 300\ntank 5 1200\ntank 9 2600\n"),
    "overflow": net(nodes=NODES.replace("T 55 4 1 8 18 0", "T 45 4 1 6 10 0 * YES"), controls=""),
    "rules": net(controls="[RULES]\nRULE low\nIF TANK T LEVEL BELOW 3\nTHEN PUMP P STATUS IS OPEN\nPRIORITY 2\n\nRULE high\nIF TANK T LEVEL ABOVE 6.5\nAND SYSTEM CLOCKTIME >= 6 AM\nTHEN PUMP P STATUS IS CLOSED\nELSE PIPE 8 STATUS IS OPEN\nPRIORITY 1\n"),
    "timed": net(controls="[CONTROLS]\nLINK 8 CLOSED AT TIME 5\nLINK 8 OPEN AT TIME 20\nLINK P CLOSED AT CLOCKTIME 2 AM\nLINK P OPEN AT CLOCKTIME 4 AM\n"),
    "head_pattern": net(nodes=NODES.replace("R 30", "R 30 tide"), curves=CURVES + "[PATTERNS]\ntide 1 1.05 1.1 1.05 1 0.95 0.9 0.95\n"),
    "chlorine": net(opts=options(more=CL2), more=REACT),
    "walls": net(opts=options(more=CL2), more=REACT + "GLOBAL WALL -0.3\nWALL 3 -0.8\nORDER BULK 1\n"),
    "booster": net(opts=options(more=CL2), more=REACT + "[SOURCES]\nE SETPOINT 0.8\nF FLOWPACED 0.2 day\nB MASS 300\n"),
    "age": net(opts=options(more="QUALITY AGE\n")),
    "trace": net(opts=options(more="QUALITY TRACE T\nTOLERANCE 0.1\n")),
    "two_compartments": net(opts=options(more=CL2), more=REACT + "[MIXING]\nT 2COMP 0.3\n"),
    "fifo": net(opts=options(more=CL2), more=REACT + "[MIXING]\nT FIFO\n"),
    "lifo": net(opts=options(more=CL2), more=REACT + "[MIXING]\nT LIFO\n"),
    "names": net().replace("\nA ", "\n水厂 ").replace(" A ", " 水厂 "),
}

def figures(path):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "out"
        done = subprocess.run([os.environ["EPANET"], str(path), str(out) + ".rpt", str(out)], capture_output=True, text=True)
        if not out.exists() or out.stat().st_size == 0:
            raise SystemExit(f"{path.name}: EPANET refuses it: {pathlib.Path(str(out) + '.rpt').read_text()[-600:]} {done.stdout[-200:]}")
        b = out.read_bytes()
    h = struct.unpack("15i", b[:60])
    nodes, tanks, links, pumps = h[2], h[3], h[4], h[5]
    at = 60 + 240 + 520 + 64 + 32 * (nodes + links) + 12 * links + 8 * tanks + 4 * nodes + 8 * links
    names = lambda o, n: [b[o + 32 * i : o + 32 * i + 32].split(b"\0")[0].decode() for i in range(n)]
    energy = [list(struct.unpack("6f", b[at + 28 * i + 4 : at + 28 * i + 28])) for i in range(pumps)]
    at += 28 * pumps + 4
    periods = struct.unpack("i", b[-12:-8])[0]
    width = 4 * nodes + 8 * links
    row = lambda p: struct.unpack(f"{width}f", b[at + 4 * width * p : at + 4 * width * (p + 1)])
    short = lambda v: [float(f"{x:.7g}") for x in v]
    keep = {}
    for p in range(0, periods, 6):
        v = row(p)
        keep[str(p * 3600)] = {"head": short(v[nodes : 2 * nodes]), "quality": short(v[3 * nodes : 4 * nodes]), "flow": short(v[4 * nodes : 4 * nodes + links])}
    o = 60 + 240 + 520 + 64
    return {"nodes": names(o, nodes), "links": names(o + 32 * nodes, links), "energy": [short(e) for e in energy], "periods": keep}

result = {}
for name, text in MODELS.items():
    path = HERE / f"{name}.inp"
    path.write_text(text, encoding="utf-8")
    result[name] = figures(path)
(HERE / "figures.json").write_text(json.dumps(result, ensure_ascii=False, separators=(",", ":")).replace('"hazen"', '\n"hazen"') + "\n", encoding="utf-8")
print(len(result), "networks")
