#include "directory/search.h"

namespace imc {

bool is_more_than_asked(const Error& error)
{
    return error.event() == EventId::directory_refused && error.detail().starts_with("more than ");
}

}  // namespace imc
