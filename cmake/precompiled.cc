// Nothing: what is compiled here is the header (cmake/precompiled.h).
