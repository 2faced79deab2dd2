#include "kit/paths.h"

namespace imc::kit {

// Here and nowhere else: a path is no business of every test's command line.
std::string source_dir() { return IMC_SOURCE_DIR; }
std::string binary_dir() { return IMC_BINARY_DIR; }

}  // namespace imc::kit
