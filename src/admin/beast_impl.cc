/// The one place where Beast's own sources are compiled (BOOST_BEAST_SEPARATE_COMPILATION).
#ifdef __GNUC__
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wpedantic"
#endif
#include <boost/beast/src.hpp>
