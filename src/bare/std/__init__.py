"""The library of bare programs: data structures of kernels, and the machines they run on.

Everything here is written in bare Python: it runs under CPython as it does on a machine. Nothing allocates: the program
owns the memory of each structure, and a structure whose bytes are all zero is empty and ready.
"""
