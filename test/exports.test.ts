import { readFile } from 'node:fs/promises';
import * as ociImage from '@quinistry/oci-image';
import * as ociImageNode from '@quinistry/oci-image/node';
import * as ociImageSpec from '@quinistry/oci-image/spec';
import * as registryServer from '@quinistry/registry-server';
import * as registryServerTesting from '@quinistry/registry-server/testing';
import { describe, expect, it } from 'vitest';

/** Every subpath that the packages declare, as one imports it. */
async function subpaths(folder: string): Promise<string[]> {
  const manifest = JSON.parse(await readFile(new URL(`../packages/${folder}/package.json`, import.meta.url), 'utf8'));
  return Object.keys(manifest.exports)
    .filter((subpath) => subpath !== './package.json')
    .map((subpath) => manifest.name + subpath.slice(1));
}

// To take a name away, or to change what it does, is a breaking change. `vitest run test/exports.test.ts -u` rewrites the lists.
describe('the exports', () => {
  it('are listed here for every subpath', async () => {
    expect([...(await subpaths('oci-image')), ...(await subpaths('registry-server'))]).toEqual([
      '@quinistry/oci-image',
      '@quinistry/oci-image/spec',
      '@quinistry/oci-image/node',
      '@quinistry/registry-server',
      '@quinistry/registry-server/testing',
    ]);
  });

  it('of @quinistry/oci-image are these', () => {
    expect(Object.keys(ociImage).sort()).toMatchInlineSnapshot(`
      [
        "ContentMismatchError",
        "DEFAULT_DIGEST_ALGORITHM",
        "DEFAULT_GZIP_LEVEL",
        "DEFAULT_TIME_SECONDS",
        "Digester",
        "DocumentError",
        "InvalidValueError",
        "MAX_DOCUMENT_BYTES",
        "MemoryBlobStore",
        "OciError",
        "TarError",
        "blockDevice",
        "buildLayer",
        "characterDevice",
        "computeDigest",
        "contentOf",
        "createImage",
        "createImageIndex",
        "describeImage",
        "digestOf",
        "directory",
        "fifo",
        "file",
        "gunzip",
        "gzip",
        "hardLink",
        "isPortableXattr",
        "layerToFamily",
        "opaqueWhiteout",
        "openFileContent",
        "openLayer",
        "readAll",
        "readConfig",
        "readIndex",
        "readManifest",
        "readTar",
        "readTree",
        "reproducibleTime",
        "symlink",
        "verifyBlobInfo",
        "verifyContent",
        "whiteout",
        "writeTar",
      ]
    `);
  });

  it('of @quinistry/oci-image/spec are these', () => {
    expect(Object.keys(ociImageSpec).sort()).toMatchInlineSnapshot(`
      [
        "ANNOTATIONS",
        "API_VERSION_HEADER",
        "BASE_PATH",
        "CATALOG_PATH",
        "DEFAULT_TAG",
        "DOCKER_HUB",
        "IMAGE_LAYOUT_FILES",
        "IMAGE_LAYOUT_VERSION",
        "MAX_JSON_DEPTH",
        "MAX_REPOSITORY_NAME_CHARACTERS",
        "MAX_TAG_CHARACTERS",
        "MEDIA_TYPES",
        "WIRE_ERRORS",
        "annotationsSchema",
        "blobPath",
        "descriptorSchema",
        "digestAlgorithm",
        "digestHex",
        "digestSchema",
        "dockerManifestListSchema",
        "dockerManifestSchema",
        "familiarReference",
        "formatDigest",
        "formatPlatform",
        "formatReference",
        "formatWireError",
        "imageConfigSchema",
        "imageIndexSchema",
        "imageLayoutSchema",
        "imageManifestSchema",
        "isConfigMediaType",
        "isDigest",
        "isIndexMediaType",
        "isLayerMediaType",
        "isManifestMediaType",
        "isNonDistributable",
        "isRepositoryName",
        "isTag",
        "isWireErrorCode",
        "layerCompression",
        "manifestPath",
        "mediaTypeFamily",
        "mediaTypeSchema",
        "normalizePlatform",
        "ociIndexSchema",
        "ociManifestSchema",
        "parseDigest",
        "parseDocument",
        "parseDocumentValue",
        "parseJson",
        "parseManifest",
        "parseMediaType",
        "parsePlatform",
        "parseReference",
        "platformSchema",
        "platformsEqual",
        "referrersPath",
        "repositoryNameSchema",
        "tagListPath",
        "tagSchema",
        "toFamily",
        "uploadPath",
        "uploadsPath",
        "wireErrorSchema",
      ]
    `);
  });

  it('of @quinistry/oci-image/node are these', () => {
    expect(Object.keys(ociImageNode).sort()).toMatchInlineSnapshot(`
      [
        "DEFAULT_RUNTIME_PATH",
        "nodeRuntimeEntries",
        "readNodeRuntime",
      ]
    `);
  });

  it('of @quinistry/registry-server are these', () => {
    expect(Object.keys(registryServer).sort()).toMatchInlineSnapshot(`
      [
        "ANYBODY",
        "DEFAULT_CLOSE_TIMEOUT_MS",
        "DEFAULT_HEADERS_TIMEOUT_MS",
        "DEFAULT_IDLE_TIMEOUT_MS",
        "DEFAULT_MAX_MANIFEST_BYTES",
        "DEFAULT_MAX_UPLOADS",
        "DEFAULT_MAX_UPLOADS_PER_CLIENT",
        "ListenError",
        "StorageError",
        "TrustedProxies",
        "accessOptionsSchema",
        "createImageStorage",
        "createLayeredStore",
        "createMemoryStore",
        "createRegistry",
        "openAccessControl",
        "openDirectoryStore",
        "startServer",
        "verifyDirectory",
      ]
    `);
  });

  it('of @quinistry/registry-server/testing are these', () => {
    expect(Object.keys(registryServerTesting).sort()).toMatchInlineSnapshot(`
      [
        "describeRegistryStore",
      ]
    `);
  });
});
