/// The one place where Asio's own sources are compiled (BOOST_ASIO_SEPARATE_COMPILATION).
#ifdef __GNUC__
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wpedantic"
#endif
#include <boost/asio/impl/src.hpp>
