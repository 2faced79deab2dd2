#include "kit/paths.h"

namespace imc::kit {

// Here and nowhere else: a path in every command line would make ccache forget all tests when the
// project is cloned to another folder.
std::string source_dir() { return IMC_SOURCE_DIR; }
std::string binary_dir() { return IMC_BINARY_DIR; }

}  // namespace imc::kit
