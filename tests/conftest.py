from hypothesis import settings

# the first example of a law may have to wait for a kernel to be compiled, so no example has a deadline
settings.register_profile("graphrisk", deadline=None)
settings.load_profile("graphrisk")
