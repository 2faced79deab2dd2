# Most of a file's time went into reading the headers of Asio, JSON and the library. imc_precompile(NAME HEADER LEVEL)
# reads them once; whoever is compiled with the same options takes them by imc_precompiled(TARGET NAME). Every file still
# includes what it uses, since g++ builds without this.
#
# With CODE, what is inline in the headers is compiled once, too, and not in each file: 1.3 instead of 6.3 s for one with
# CLI11, at -O0. With the optimizer it costs more than it saves.
function(imc_precompile name header level)
    cmake_parse_arguments(arg "CODE" "" "USES" ${ARGN})
    if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
        return()
    endif()
    add_library(${name} OBJECT ${CMAKE_SOURCE_DIR}/cmake/precompiled.cc)
    target_link_libraries(${name} PRIVATE imc_flags Boost::boost ${arg_USES})
    target_compile_options(${name} PRIVATE ${level})
    target_precompile_headers(${name} PRIVATE ${header})
    if(NOT arg_CODE)
        return()
    endif()

    target_compile_options(${name} PRIVATE -fpch-codegen)
    string(TOUPPER "${CMAKE_BUILD_TYPE}" type)
    separate_arguments(flags UNIX_COMMAND "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${type}}")
    if(IMC_SANITIZE)
        list(APPEND flags -fsanitize=${IMC_SANITIZE} -fno-sanitize-recover=all)
    endif()
    if(IMC_NOT_SANITIZED)
        list(APPEND flags -fno-sanitize=${IMC_NOT_SANITIZED})
    endif()
    set(read ${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/${name}.dir/cmake_pch.hxx.pch)
    set(code ${CMAKE_CURRENT_BINARY_DIR}/${name}.o)
    add_custom_command(OUTPUT ${code} DEPENDS ${read} ${name}
        COMMAND ${CMAKE_CXX_COMPILER} ${flags} ${level} -std=c++20 -fPIE -fno-omit-frame-pointer
                -fstack-protector-strong -ffunction-sections -Wno-unused-command-line-argument -c ${read} -o ${code}
        COMMENT "Building ${name}.o" VERBATIM)
    add_library(${name}_code STATIC ${code})
    set_target_properties(${name}_code PROPERTIES LINKER_LANGUAGE CXX)
    target_link_libraries(${name}_code INTERFACE Boost::json)
    # Some of it nobody calls, and it calls what the library keeps to itself.
    target_link_options(${name}_code INTERFACE -Wl,--gc-sections)
endfunction()

function(imc_precompiled target name)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
        target_precompile_headers(${target} REUSE_FROM ${name})
        if(TARGET ${name}_code)
            target_link_libraries(${target} PUBLIC ${name}_code)
        endif()
    endif()
endfunction()
