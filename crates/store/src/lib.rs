//! Three ports, each promising what is true when it returns: samples, journal, tables.
