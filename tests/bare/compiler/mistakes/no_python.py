def f(:
    pass

# Expected:
# 1:7: no Python: invalid syntax
