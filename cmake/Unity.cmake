# With IMC_UNITY a target is compiled as a few files, each of which includes many: what all of them read, and what they make of
# templates, is then read and made once. For builds from nothing (CI, TSan, g++); who changes one file wants the others.
set(IMC_UNITY "" CACHE STRING "lines of source that are compiled as one file; empty: each file alone")

# imc_unity(TARGET FILES...): groups neighbours that say no name of their own twice.
function(imc_unity target)
    if(NOT IMC_UNITY)
        return()
    endif()
    execute_process(COMMAND ${IMC_PYTHON} ${CMAKE_SOURCE_DIR}/tools/unity_groups.py ${IMC_UNITY} ${ARGN}
        OUTPUT_VARIABLE said COMMAND_ERROR_IS_FATAL ANY OUTPUT_STRIP_TRAILING_WHITESPACE)
    string(REPLACE "\n" ";" said "${said}")
    foreach(line IN LISTS said)
        string(REGEX MATCH "^([0-9]+) (.*)$" line "${line}")
        set_source_files_properties(${CMAKE_MATCH_2} PROPERTIES UNITY_GROUP ${target}_${CMAKE_MATCH_1})
    endforeach()
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
endfunction()
