import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';

/** One problem with a field of a request. */
export class FieldProblem {
  @ApiProperty({
    description: 'JSON pointer (RFC 6901) into the body, or the name of a query parameter.',
    example: '/3/topic',
  })
  pointer!: string;

  @ApiProperty({
    example: 'must be a string of 1 to 255 characters, not only blanks, without control characters',
  })
  detail!: string;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    description: 'Number of the line, from 1, if the body is NDJSON. `pointer` then points into that line.',
  })
  line?: number;
}

/** The body of every error: RFC 9457. */
@ApiSchema({ name: 'Problem' })
export class ProblemDto {
  @ApiProperty({
    description: 'Names the kind of problem; "about:blank" where the status says it all.',
    example: 'urn:problem:invalid-request',
  })
  type!: string;

  @ApiProperty({ example: 'Unprocessable Entity' })
  title!: string;

  @ApiProperty({ example: 422 })
  status!: number;

  @ApiProperty({
    description: 'What is wrong and what to change.',
    example: '1 of 4 events is invalid; none was taken.',
  })
  detail!: string;

  @ApiProperty({ description: 'The path that was asked for.', example: '/publish' })
  instance!: string;

  @ApiProperty({ type: [FieldProblem], required: false })
  errors?: FieldProblem[];
}
