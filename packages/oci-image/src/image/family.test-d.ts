/** What must not compile: parts of one family in an image of the other. */
import { describe, expectTypeOf, it } from 'vitest';
import type { Image, ImageIndex } from './image.js';
import type { ImageBuilder } from './image-builder.js';
import type { ImageIndexBuilder } from './image-index-builder.js';
import type { Layer } from './layer.js';

declare const ociLayer: Layer<'oci'>;
declare const dockerLayer: Layer<'docker'>;
declare const ociImage: Image<'oci'>;
declare const dockerImage: Image<'docker'>;
declare const oci: ImageBuilder<'oci'>;
declare const docker: ImageBuilder<'docker'>;
declare const ociIndex: ImageIndexBuilder<'oci'>;
declare const dockerIndex: ImageIndexBuilder<'docker'>;

describe('ImageBuilder.addLayer', () => {
  it('takes a layer of its own family', () => {
    expectTypeOf(oci.addLayer(ociLayer)).toEqualTypeOf<ImageBuilder<'oci'>>();
    expectTypeOf(docker.addLayer(dockerLayer)).toEqualTypeOf<ImageBuilder<'docker'>>();
  });

  it('takes no layer of the other family', () => {
    // @ts-expect-error a Docker layer in an OCI image
    oci.addLayer(dockerLayer);
    // @ts-expect-error an OCI layer in a Docker image
    docker.addLayer(ociLayer);
  });
});

describe('ImageBuilder.withAnnotations', () => {
  it('is there for OCI alone', () => {
    expectTypeOf(oci.withAnnotations({})).toEqualTypeOf<ImageBuilder<'oci'>>();
    // @ts-expect-error schema2 has no annotations
    docker.withAnnotations({});
  });
});

describe('ImageBuilder.toFamily', () => {
  it('changes the family of what can be added and of what is built', () => {
    expectTypeOf(oci.toFamily('docker').addLayer).parameter(0).toEqualTypeOf<Layer<'docker'>>();
    expectTypeOf(oci.toFamily('docker').build).returns.resolves.toEqualTypeOf<Image<'docker'>>();
  });
});

describe('ImageIndexBuilder.add', () => {
  it('takes no image of the other family', () => {
    expectTypeOf(ociIndex.add(ociImage).build).returns.resolves.toEqualTypeOf<ImageIndex<'oci'>>();
    // @ts-expect-error a schema2 image in an OCI index
    ociIndex.add(dockerImage);
    // @ts-expect-error an OCI image in a manifest list
    dockerIndex.add(ociImage);
  });
});
