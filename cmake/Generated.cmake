# Tables in share/ become headers and sources under build/gen/.
set(IMC_PYTHON /usr/bin/python3)
set(gen ${CMAKE_BINARY_DIR}/gen)

file(GLOB event_tables CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/share/events/*.yaml)
add_custom_command(
    OUTPUT ${gen}/base/event_id.h ${gen}/event/catalogue_data.inc ${gen}/imc.catalog
    COMMAND ${IMC_PYTHON} ${CMAKE_SOURCE_DIR}/tools/gen_events.py ${CMAKE_SOURCE_DIR}/share/events ${gen}
    DEPENDS ${CMAKE_SOURCE_DIR}/tools/gen_events.py ${event_tables}
    COMMENT "events: share/events -> C++ ids, catalogue, journald")

file(GLOB registry_tables CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/share/registry/*.yaml)
add_custom_command(
    OUTPUT ${gen}/registry/values_data.inc
    COMMAND ${IMC_PYTHON} ${CMAKE_SOURCE_DIR}/tools/gen_registry.py ${CMAKE_SOURCE_DIR}/share/registry ${gen}
    DEPENDS ${CMAKE_SOURCE_DIR}/tools/gen_registry.py ${registry_tables}
    COMMENT "registry: share/registry -> table of values")

add_custom_command(
    OUTPUT ${gen}/directory/schema_attributes.inc ${gen}/directory/schema_classes.inc
           ${gen}/directory/schema_ldif.inc ${gen}/imc.ldif
    COMMAND ${IMC_PYTHON} ${CMAKE_SOURCE_DIR}/tools/gen_schema.py ${CMAKE_SOURCE_DIR}/share/schema/imc.yaml ${gen}
    DEPENDS ${CMAKE_SOURCE_DIR}/tools/gen_schema.py ${CMAKE_SOURCE_DIR}/share/schema/imc.yaml
    COMMENT "schema: share/schema -> rules, OpenLDAP LDIF")

add_custom_target(imc_generated DEPENDS
    ${gen}/directory/schema_attributes.inc
    ${gen}/base/event_id.h ${gen}/event/catalogue_data.inc ${gen}/registry/values_data.inc)
