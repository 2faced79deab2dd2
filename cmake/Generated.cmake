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

# The pages are built by npm into a folder that is kept with the sources (web/README.md); without it there are none.
# The manual is made here, of docs/ and the tables.
file(GLOB_RECURSE pages CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/web/dist/*)
file(GLOB manual_sources CONFIGURE_DEPENDS
    ${CMAKE_SOURCE_DIR}/docs/manual/*.md ${CMAKE_SOURCE_DIR}/docs/manual/images/* ${CMAKE_SOURCE_DIR}/docs/formats/*.md
    ${CMAKE_SOURCE_DIR}/tools/manual/*.*)
add_custom_command(
    OUTPUT ${gen}/admin/pages_data.inc
    COMMAND ${IMC_PYTHON} ${CMAKE_SOURCE_DIR}/tools/gen_help.py ${gen}/help
    COMMAND ${IMC_PYTHON} ${CMAKE_SOURCE_DIR}/tools/gen_pages.py ${CMAKE_SOURCE_DIR}/web/dist ${gen} ${gen}/help
    COMMAND ${CMAKE_COMMAND} -E touch ${gen}/admin/pages_data.inc
    DEPENDS ${CMAKE_SOURCE_DIR}/tools/gen_pages.py ${pages} ${CMAKE_SOURCE_DIR}/tools/gen_help.py ${manual_sources} ${event_tables}
            ${registry_tables} ${CMAKE_SOURCE_DIR}/share/api/openapi.yaml ${CMAKE_SOURCE_DIR}/web/src/styles/tokens.css
            ${CMAKE_SOURCE_DIR}/web/public/icon.svg
    COMMENT "pages: web/dist and the manual -> octets")

add_custom_command(
    OUTPUT ${gen}/admin/openapi_json.inc
    COMMAND ${IMC_PYTHON} ${CMAKE_SOURCE_DIR}/tools/gen_openapi.py ${CMAKE_SOURCE_DIR}/share/api/openapi.yaml ${gen}
    DEPENDS ${CMAKE_SOURCE_DIR}/tools/gen_openapi.py ${CMAKE_SOURCE_DIR}/share/api/openapi.yaml
    COMMENT "API: share/api -> OpenAPI document")

add_custom_target(imc_generated DEPENDS
    ${gen}/admin/openapi_json.inc
    ${gen}/admin/pages_data.inc
    ${gen}/directory/schema_attributes.inc
    ${gen}/base/event_id.h ${gen}/event/catalogue_data.inc ${gen}/registry/values_data.inc)
