# cmake --install build/release: executable, man pages, completion, systemd's files, journald's catalogue, schema.
#
# The FHS places of a package; DESTDIR is honoured. systemd looks for the catalogue below /usr/lib only.
if(CMAKE_INSTALL_PREFIX_INITIALIZED_TO_DEFAULT)
    set(CMAKE_INSTALL_PREFIX /usr CACHE PATH "where imc is installed" FORCE)
endif()
include(GNUInstallDirs)

# Made anew with each link, by the executable that they describe; a sanitizer's build has none.
set(manual ${CMAKE_BINARY_DIR}/gen/manual)
if(NOT IMC_SANITIZE AND NOT CMAKE_CROSSCOMPILING)
    add_custom_command(TARGET imc POST_BUILD
        COMMAND ${CMAKE_COMMAND} -E rm -rf ${manual}
        COMMAND imc manual --out ${manual}
        COMMENT "manual: man pages and completion from the parser")
endif()
# The unit names the executable where this installation puts it, whatever --prefix says.
install(CODE "
    set(bin \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
    configure_file(${CMAKE_SOURCE_DIR}/share/systemd/imc.service.in ${CMAKE_BINARY_DIR}/gen/imc.service @ONLY)")

install(TARGETS imc RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# sendmail(1) and its kin, where they hide no other mail system's: an administrator points /usr/sbin/sendmail there.
install(CODE "
    set(links \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBEXECDIR}/imc\")
    file(RELATIVE_PATH imc \"\${links}\" \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/imc\")
    file(MAKE_DIRECTORY \"\$ENV{DESTDIR}\${links}\")
    foreach(name IN ITEMS sendmail mailq newaliases)
        file(CREATE_LINK \"\${imc}\" \"\$ENV{DESTDIR}\${links}/\${name}\" SYMBOLIC)
    endforeach()")
foreach(section IN ITEMS 1 5 7 8)
    install(DIRECTORY ${manual}/man${section} DESTINATION ${CMAKE_INSTALL_MANDIR} OPTIONAL)
endforeach()
install(FILES ${manual}/bash-completion/imc DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions OPTIONAL)
install(FILES ${CMAKE_BINARY_DIR}/gen/imc.service ${CMAKE_SOURCE_DIR}/share/systemd/imc.socket DESTINATION lib/systemd/system)
install(FILES ${CMAKE_BINARY_DIR}/gen/imc.catalog DESTINATION lib/systemd/catalog)
install(FILES ${CMAKE_SOURCE_DIR}/share/systemd/sysusers.conf DESTINATION lib/sysusers.d RENAME imc.conf)
install(FILES ${CMAKE_SOURCE_DIR}/share/systemd/tmpfiles.conf DESTINATION lib/tmpfiles.d RENAME imc.conf)
install(FILES ${CMAKE_BINARY_DIR}/gen/imc.ldif DESTINATION ${CMAKE_INSTALL_DATADIR}/imc/schema RENAME openldap.ldif)
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
install(FILES ${CMAKE_SOURCE_DIR}/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${CMAKE_SOURCE_DIR}/share/grafana/imc.json DESTINATION ${CMAKE_INSTALL_DATADIR}/imc/grafana)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/docs/manual ${CMAKE_SOURCE_DIR}/docs/formats DESTINATION ${CMAKE_INSTALL_DOCDIR})
