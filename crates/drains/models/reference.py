"""SWMM's figures of the models here, from the engine inside PyPI's swmm-toolkit (test-time only).

    python reference.py            writes reference.json beside itself
    python reference.py DIR        also the Norfolk models found under DIR (the shared drainage data)
    python reference.py NAME.inp … only these models; the others keep their figures

Models that save files write them here, for those that use them.
Continuity errors of the flow as SWMM's reports have them go to continuity.json.

Of every model: greatest depth of each node and greatest flow of each link over the report periods,
greatest concentrations of pollutants, totals of the system's runoff, flooding and outflow, and a hash
(FNV-1a, 64 bits) of all results after the file's head, to compare to the bit. `rpt` has eight digits of
the hash of each section of the report, in its order; models whose name begins with `report_` are run
without binary results, so that their report has series.

The toolkit's engine divides the factor of a MASS inflow twice by the litres in a cubic foot (once too
often: EPA's 5.2.4 does it once), so a model with such inflows is given to it with a factor that comes
out the same.
"""
import gzip, json, math, os, re, struct, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
RUN = "from swmm.toolkit import solver; import sys; solver.swmm_run(*sys.argv[1:])"


def figures(path):
    b = open(path, "rb").read()
    _, _, at, periods, error, _ = struct.unpack("<6i", b[-24:])
    _, _, _, subs, nodes, links, pollutants = struct.unpack("<7i", b[:28])
    ks, kn, kl = 8 + pollutants, 6 + pollutants, 5 + pollutants
    size = 8 + 4 * (subs * ks + nodes * kn + links * kl + 15)
    depth, flow, totals = [0.0] * nodes, [0.0] * links, [0.0] * 15
    quality = [[0.0] * (n * pollutants) for n in (subs, nodes, links)]
    for p in range(periods):
        x = struct.unpack("<%df" % (size // 4 - 2), b[at + p * size + 8 : at + (p + 1) * size])
        n0, l0 = subs * ks, subs * ks + nodes * kn
        for i in range(nodes):
            depth[i] = max(depth[i], x[n0 + kn * i])
        for i in range(links):
            flow[i] = max(flow[i], abs(x[l0 + kl * i]))
        for i in range(15):
            totals[i] += x[l0 + kl * links + i]
        for q, (start, k, n) in zip(quality, ((0, ks, subs), (n0, kn, nodes), (l0, kl, links))):
            for i in range(n):
                for c in range(pollutants):
                    place = i * pollutants + c
                    q[place] = max(q[place], x[start + k * (i + 1) - pollutants + c])
    h = fnv(b[at : at + periods * size])
    short = lambda v: float("%.7g" % v)
    more = {"quality": [short(v) for q in quality for v in q]} if pollutants else {}
    return {
        "depth": [short(v) for v in depth],
        "flow": [short(v) for v in flow],
        "runoff": short(totals[4]),
        "flooding": short(totals[10]),
        "outflow": short(totals[11]),
        "hash": "%016x" % h,
    } | more


LITRES = 28.317


def mass_factor(f):
    """A factor that, divided twice by the litres in a ft³, gives what f divided once gives."""
    g = f * LITRES
    for x in [g, *(math.nextafter(g, s) for s in (math.inf, -math.inf))]:
        if x / LITRES / LITRES == f / LITRES:
            return repr(x)
    raise SystemExit("no factor for %r" % f)


def mended(text):
    """The text with the factors of MASS inflows as the toolkit's engine needs them."""
    done, section = [], ""
    for line in text.splitlines():
        words = line.split()
        section = words[0].upper() if words and words[0].startswith("[") else section
        if section.startswith("[INFLOW") and len(words) > 4 and words[3] == "MASS":
            words[4] = mass_factor(float(words[4]))
            line = " ".join(words)
        done.append(line)
    return "\n".join(done) + "\n"


def run(inp):
    text = open(inp, encoding="latin-1").read()
    if " MASS " in text:
        # Beside the model, so that the files it names are found.
        with tempfile.NamedTemporaryFile("w", suffix=".tmp", dir=os.path.dirname(inp), encoding="latin-1") as f:
            f.write(mended(text))
            f.flush()
            return engine(f.name)
    return engine(inp)


def engine(inp):
    with tempfile.TemporaryDirectory() as t:
        out, rpt = os.path.join(t, "r.out"), os.path.join(t, "r.rpt")
        run = lambda *args: subprocess.run([sys.executable, "-c", RUN, inp, *args], check=True, stdout=subprocess.DEVNULL, cwd=HERE)
        run(rpt, out)
        found = figures(out)
        ERRORS.append(flow_error(rpt))
        if os.path.basename(inp).startswith("report_"):
            run(rpt, "")
        return found | {"rpt": sections(open(rpt, encoding="utf-8", errors="replace").read())}


def fnv(data):
    h = 0xCBF29CE484222325
    for c in data:
        h = ((h ^ c) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return h


def sections(text):
    """Eight digits a section; a section begins with the stars above its heading."""
    skip = ("PYSWMM", "Analysis begun", "Analysis ended", "Total elapsed", "Number of Threads")
    lines = [l.rstrip() for l in text.split("\n") if not any(w in l for w in skip)]
    # SWMM names the file with its folder.
    lines = [re.sub(r"(by interface file ).*[/\\]", r"\1", l) for l in lines]
    parts = [[]]
    for i, line in enumerate(lines):
        below = lines[i + 2] if i + 2 < len(lines) else ""
        if line.startswith("  ****") and below.startswith("  ****"):
            parts.append([])
        parts[-1].append(line)
    return "".join("%08x" % (fnv("\n".join(p).strip().encode()) >> 32) for p in parts)


# Continuity errors of the flow, percent, of the models run so far.
ERRORS = []


def flow_error(report):
    text = open(report, encoding="latin-1").read()
    part = text.partition("Flow Routing Continuity")[2]
    found = re.search(r"Continuity Error \(%\) \.+ +([-0-9.]+)", part)
    return float(found[1]) if found else None


def kept(name):
    with open(os.path.join(HERE, name)) as f:
        return json.load(f)


def write(name, all, text):
    # A model a line, so that two who add models do not meet.
    lines = [json.dumps(k) + ":" + text(all[k]) for k in sorted(all)]
    with open(os.path.join(HERE, name), "w") as f:
        f.write("{\n" + ",\n".join(lines) + "\n}\n")


def main():
    only = [name for name in sys.argv[1:] if name.endswith(".inp")]
    all = kept("reference.json") if only else {}
    errors = kept("continuity.json") if only else {}
    for name in only or sorted(os.listdir(HERE)):
        if name.endswith(".inp"):
            path = os.path.join(HERE, name)
            all[name[:-4]] = run(path)
            if ERRORS[-1] is not None:
                errors[name[:-4]] = ERRORS[-1]
    for folder, name in [("brambleton", "brambleton"), ("hague", "hague_v10"), ("hague", "hague_paper_model")] if len(sys.argv) > 1 and not only else []:
        text = gzip.open(os.path.join(sys.argv[1], folder, name + ".inp.gz"), "rt", encoding="latin-1").read()
        place = os.path.join(sys.argv[1], folder)
        text = re.sub(r'"C:[^"]*\\([^"\\]*)"', lambda m: '"%s"' % os.path.join(place, m[1]), text)
        text = re.sub(r"(?m)^THREADS .*", "THREADS 1", text)
        with tempfile.NamedTemporaryFile("w", suffix=".inp", encoding="latin-1") as f:
            f.write(text)
            f.flush()
            all["norfolk/" + name] = run(f.name)
            errors["norfolk/" + name] = ERRORS[-1]
    write("reference.json", all, lambda x: json.dumps(x, separators=(",", ":")))
    write("continuity.json", errors, json.dumps)


main()
